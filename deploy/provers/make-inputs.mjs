// node make-inputs.mjs FOLDER: writes FOLDER/inputs/NAME.json, one satisfying example per artefact.
//
// The people in it are invented. Values that only the hash of the circuits can tell come from
// circuits/statements; the issuer's key is made afresh and thrown away, so each call writes other
// bytes for `disclosure`.
import {Noir} from '@noir-lang/noir_js';
import {createHash, generateKeyPairSync, sign} from 'node:crypto';
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {compilePackage} from './noir-compiler.mjs';

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

// A field element named by a label: 248 bits, so below the modulus.
function field(label) {
  return '0x' + createHash('sha256').update(`benchfleet ${label}`).digest('hex').slice(2);
}

const bytes = (buffer) => Array.from(buffer);
const hex = (value) => '0x' + BigInt(value).toString(16);

// ECDSA P-256 with SHA-256 as r || s, with the smaller of the two valid s, as bb demands.
function signLow(message, privateKey) {
  const signature = sign('sha256', message, {key: privateKey, dsaEncoding: 'ieee-p1363'});
  const s = BigInt('0x' + signature.subarray(32).toString('hex'));
  const low = s > P256_ORDER / 2n ? P256_ORDER - s : s;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(low.toString(16).padStart(64, '0'), 'hex')]);
}

const birth = {birth_year: 1987, birth_month: 4, birth_day: 23};
const assessed = {score: 742, expires: 1893456000, subject: field('subject')};
const place = 0b10110011100011110000;
const resident = {
  secret: field('resident'),
  siblings: Array.from({length: 20}, (_, level) => field(`sibling ${level}`)),
  is_right: Array.from({length: 20}, (_, level) => ((place >> level) & 1) === 1),
};
const scope = field('ballot of 2030');
const attributes = ['name', 'birth date', 'nationality', 'address', 'licence class', 'number', 'issued', 'expires'].map(field);
const salts = {age: field('salt of age'), score: field('salt of score'), credential: field('salt of credential')};

const [folder] = process.argv.slice(2);
const statements = new Noir(JSON.parse(await compilePackage(join(folder, 'circuits/statements'))));
const packedBirth = birth.birth_year * 10000 + birth.birth_month * 100 + birth.birth_day;
const {returnValue: said} = await statements.execute({
  age: [hex(packedBirth), salts.age],
  score: [hex(assessed.score), hex(assessed.expires), assessed.subject, salts.score],
  ...resident,
  scope,
  credential: [...attributes, salts.credential],
});

const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
const {x, y} = publicKey.export({format: 'jwk'});
const mask = [false, false, true, false, true, false, false, true];

const inputs = {
  age: {
    ...birth, salt: salts.age, today_year: 2030, today_month: 1, today_day: 15, years: 18, commitment: said.age,
  },
  score: {...assessed, salt: salts.score, threshold: 700, now: 1830000000, commitment: said.score},
  residency: {...resident, root: said.root, scope, nullifier: said.nullifier},
  disclosure: {
    attributes,
    salt: salts.credential,
    signature: bytes(signLow(Buffer.from(said.credential.map(Number)), privateKey)),
    issuer_x: bytes(Buffer.from(x, 'base64url')),
    issuer_y: bytes(Buffer.from(y, 'base64url')),
    mask,
    disclosed: attributes.map((value, i) => (mask[i] ? value : '0x0')),
  },
};
mkdirSync(join(folder, 'inputs'), {recursive: true});
for (const artifact of readdirSync(join(folder, 'artifacts'))) {
  const values = artifact.startsWith('chain-') ? {start: field('chain')} : inputs[artifact.replace('.json', '')];
  writeFileSync(join(folder, 'inputs', artifact), JSON.stringify(values) + '\n');
}

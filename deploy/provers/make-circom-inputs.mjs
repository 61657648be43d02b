// node make-circom-inputs.mjs FOLDER: writes FOLDER/circom-inputs/NAME.json, one satisfying example a circuit.
//
// The people in it are invented, the same as in make-inputs.mjs; the hash and the signatures are those of
// FOLDER/circom, computed here once more with big numbers. Every call writes the same bytes.
import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const mod = (value, modulus = P) => ((value % modulus) + modulus) % modulus;
const fifth = (value) => mod(value ** 5n);

function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base); exponent > 0n; exponent >>= 1n, b = mod(b * b)) if (exponent & 1n) result = mod(result * b);
  return result;
}
const inverse = (value) => power(value, P - 2n);

// hashing.circom
function compress(left, right) {
  let constant = 0x62656e6368666c656574n;
  const next = (number) => {
    const now = constant;
    constant = mod(fifth(constant) + number);
    return now;
  };
  let [a, b] = [2n * left + right, left + 2n * right];
  const full = () => {
    const x = fifth(mod(a + next(1n)));
    const y = fifth(mod(b + next(2n)));
    [a, b] = [2n * x + y, x + 2n * y];
  };
  for (let i = 0; i < 4; i++) full();
  for (let i = 0; i < 56; i++) {
    const x = fifth(mod(a + next(3n)));
    [a, b] = [2n * x + b, mod(x + 3n * b)];
  }
  for (let i = 0; i < 4; i++) full();
  return mod(a + left);
}
const hash = (values) => values.reduce(compress, BigInt(values.length));

// signature.circom
const ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;
const GENERATOR = [5299619240641551281634865583518297030282874472190772894086521144482721001553n,
                   16950150798460657717958625567821834550301663161624707787222815936182638968203n];
function add([x1, y1], [x2, y2]) {
  const product = mod(mod(x1 * y2) * mod(y1 * x2)) * 168696n;
  return [mod((x1 * y2 + y1 * x2) * inverse(1n + product)), mod((y1 * y2 - 168700n * x1 * x2) * inverse(1n - product))];
}
function times(scalar, point) {
  let result = [0n, 1n];
  for (let p = point; scalar > 0n; scalar >>= 1n, p = add(p, p)) if (scalar & 1n) result = add(result, p);
  return result;
}
function sign(message, secret, nonceSecret) {
  const key = times(secret, GENERATOR);
  const nonce = times(nonceSecret, GENERATOR);
  const challenge = hash([...nonce, ...key, message]) & ((1n << 128n) - 1n);
  return {key, nonce, response: mod(nonceSecret + challenge * secret, ORDER)};
}

// A field element named by a label: 248 bits, so below the modulus.
const field = (label) => BigInt('0x' + createHash('sha256').update(`benchfleet ${label}`).digest('hex').slice(2));

const birth = {birth_year: 1987n, birth_month: 4n, birth_day: 23n};
const assessed = {score: 742n, expires: 1893456000n, subject: field('subject')};
const place = 0b10110011100011110000;
const resident = {
  secret: field('resident'),
  siblings: Array.from({length: 20}, (_, level) => field(`sibling ${level}`)),
  is_right: Array.from({length: 20}, (_, level) => BigInt((place >> level) & 1)),
};
const root = resident.siblings.reduce(
  (node, other, level) => (resident.is_right[level] ? compress(other, node) : compress(node, other)), compress(resident.secret, 1n));
const scope = field('ballot of 2030');
const attributes = ['name', 'birth date', 'nationality', 'address', 'licence class', 'number', 'issued', 'expires'].map(field);
const salts = {age: field('salt of age'), score: field('salt of score'), credential: field('salt of credential')};
const signed = sign(hash([...attributes, salts.credential]), mod(field('issuer'), ORDER), mod(field('nonce of credential'), ORDER));
const mask = [0n, 0n, 1n, 0n, 1n, 0n, 0n, 1n];

const inputs = {
  age: {
    ...birth, salt: salts.age, today_year: 2030n, today_month: 1n, today_day: 15n, years: 18n,
    commitment: compress(birth.birth_year * 10000n + birth.birth_month * 100n + birth.birth_day, salts.age),
  },
  score: {
    ...assessed, salt: salts.score, threshold: 700n, now: 1830000000n,
    commitment: hash([assessed.score, assessed.expires, assessed.subject, salts.score]),
  },
  residency: {...resident, root, scope, nullifier: compress(resident.secret, scope)},
  disclosure: {
    attributes, salt: salts.credential, nonce_x: signed.nonce[0], nonce_y: signed.nonce[1], response: signed.response,
    issuer_x: signed.key[0], issuer_y: signed.key[1], mask, disclosed: attributes.map((value, i) => value * mask[i]),
  },
};
for (let size = 10; size <= 17; size++) inputs[`chain-${size}`] = {start: field('chain')};

const [folder] = process.argv.slice(2);
mkdirSync(join(folder, 'circom-inputs'), {recursive: true});
for (const [name, values] of Object.entries(inputs)) {
  const text = JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  writeFileSync(join(folder, 'circom-inputs', `${name}.json`), text + '\n');
}

// Writes DIR/provers.json, which says what deploy/install-provers put into DIR and what may be run.
//
//   node manifest.mjs DIR WANTED NAME=PLACE... -- REAL... -- FILE...
//
// WANTED is the digest of the request that the next call compares; NAME=PLACE is what {installed.NAME} stands
// for in descriptions of provers, a path in DIR or an absolute one; REAL names the reference strings that were
// given (the others have a known secret); FILEs, relative to DIR, are listed with their sha256, one a line, so
// that a shell can check them.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const [dir, wanted, ...rest] = process.argv.slice(2);
const [first, second] = [rest.indexOf('--'), rest.lastIndexOf('--')];
const [places, real, files] = [rest.slice(0, first), rest.slice(first + 1, second), rest.slice(second + 1)];
const sha256 = (file) => createHash('sha256').update(readFileSync(join(dir, file))).digest('hex');
const version = (name) => JSON.parse(readFileSync(join(dir, name, 'package.json'), 'utf8')).version;
const installed = Object.fromEntries(places.map((place) => {
  const [name, ...path] = place.split('=');
  return [name, path.join('=')];
}));
const bb = execFileSync(join(dir, installed.bb), ['--version'], {encoding: 'utf8'}).trim();

const manifest = {
  format: 2,
  wanted,
  versions: [
    `bb ${bb}`, `bb.js ${version('bb.js')}`, `noir_js ${version('node_modules/@noir-lang/noir_js')}`,
    `snarkjs ${version('node_modules/snarkjs')}`, `circom2 ${version('node_modules/circom2')}`,
  ].join(', '),
  installed,
  real,
  files: Object.fromEntries(files.map((file) => [file, sha256(file)])),
};
const target = join(dir, 'provers.json');
writeFileSync(`${target}.new`, JSON.stringify(manifest, null, 1) + '\n');
renameSync(`${target}.new`, target);

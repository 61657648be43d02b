// Writes DIR/provers.json, which says what deploy/install-provers put into DIR and what may be run.
//
//   node manifest.mjs DIR WANTED VERIFIER CRS POINTS FILE...
//
// WANTED is the digest of the request that the next call compares; VERIFIER a program in DIR; CRS a
// folder in DIR (the test string, which then has POINTS points) or an absolute path (a given one);
// FILEs, relative to DIR, are listed with their sha256, one a line, so that a shell can check them.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync, readdirSync, renameSync, writeFileSync} from 'node:fs';
import {isAbsolute, join} from 'node:path';

const [dir, wanted, verifier, crs, points, ...files] = process.argv.slice(2);
const sha256 = (file) => createHash('sha256').update(readFileSync(join(dir, file))).digest('hex');
const version = (name) => JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8')).version;
const bb = 'bin/bb';
const {version: packaged} = JSON.parse(readFileSync(join(dir, 'bb.json'), 'utf8'));

const manifest = {
  format: 1,
  wanted,
  prover: {
    name: 'ultrahonk-bb',
    program: bb,
    package: `@aztec/bb.js@${packaged}`,
    version: execFileSync(join(dir, bb), ['--version'], {encoding: 'utf8'}).trim(),
    sha256: sha256(bb),
  },
  verifier: {program: verifier, patched: verifier !== bb, sha256: sha256(verifier)},
  crs: isAbsolute(crs)
    ? {path: crs, secure: 'as given'}
    : {path: crs, secure: 'NO: test string with a known secret', points: Number(points)},
  witness: {
    program: 'witness.mjs',
    node: process.execPath,
    node_version: process.version,
    noir_js: version('@noir-lang/noir_js'),
    acvm_js: version('@noir-lang/acvm_js'),
  },
  circuits: readdirSync(join(dir, 'circuits')).map((name) => name.replace(/\.json$/, '')).sort(),
  files: Object.fromEntries(files.map((file) => [file, sha256(file)])),
};
const target = join(dir, 'provers.json');
writeFileSync(`${target}.new`, JSON.stringify(manifest, null, 1) + '\n');
renameSync(`${target}.new`, target);

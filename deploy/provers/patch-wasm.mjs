// node patch-wasm.mjs BARRETENBERG.wasm.gz CRS OUT: a copy of bb.js's program that takes the test string in CRS
//
// bb.js is told the reference string, and refuses one whose second point of G1, or whose point of G2 (by its
// sha256), is not that of the public set-up ("Ignition"). The copy differs in exactly these 64 + 32 bytes. It
// refuses, writing nothing, unless each is there exactly once: another build may hold them differently.
import {createHash} from 'node:crypto';
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';

const PUBLIC_TAU_G1 = '2d360628289ff943ff6bd1a87bbe4e62abe7fb61ba83effd266f22bdcf31e6f9'
  + '26b92a79e563c3f48252cce7feeca2f0f8d33dcb4ef7b0643bf07bd405700aaa';
const PUBLIC_TAU_G2_SHA256 = '01797bfc4de5a96f0e516a9ea4537d18786dc30cb991aca4274c95822b69c32f';

function replaceOnly(program, from, to, what) {
  const place = program.indexOf(from);
  if (place < 0 || program.indexOf(from, place + 1) >= 0) {
    throw new Error(`expected ${what} of the public set-up exactly once, found it ${place < 0 ? 'nowhere' : 'more than once'}`);
  }
  to.copy(program, place);
}

const [packed, crs, out] = process.argv.slice(2);
const program = gunzipSync(readFileSync(packed));
const tauG1 = readFileSync(join(crs, 'bn254_g1.dat')).subarray(64, 128);
const tauG2 = createHash('sha256').update(readFileSync(join(crs, 'bn254_g2.dat'))).digest();
replaceOnly(program, Buffer.from(PUBLIC_TAU_G1, 'hex'), tauG1, 'tau*G1');
replaceOnly(program, Buffer.from(PUBLIC_TAU_G2_SHA256, 'hex'), tauG2, 'the sha256 of tau*G2');
writeFileSync(`${out}.new`, program);
renameSync(`${out}.new`, out);

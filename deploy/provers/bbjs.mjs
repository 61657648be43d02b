// UltraHonk by bb.js, Barretenberg's WebAssembly build, over compiled Noir programs; what the command line of
// the native bb calls `-t noir-recursive`.
//
//   node bbjs.mjs version
//   node bbjs.mjs set-up PROGRAM.json VERIFICATION_KEY
//   node bbjs.mjs prove PROGRAM.json VERIFICATION_KEY WITNESS.gz PROOF PUBLIC_INPUTS
//   node bbjs.mjs verify VERIFICATION_KEY PROOF PUBLIC_INPUTS      exit code 1: refused
//   node bbjs.mjs serve     stays; a request a line on stdin, an answer a line on stdout, as
//                           docs/provers.md describes
//
// $CRS_PATH is the folder of the reference string, $BB_WASM_PATH the program, $HARDWARE_CONCURRENCY the threads.
import {closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {dirname, join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {fileURLToPath} from 'node:url';

import {runCommand, serve} from './serving.mjs';

const threads = Math.max(1, Number(process.env.HARDWARE_CONCURRENCY) || 1);
const POINTS = 2 ** 17 + 1;  // serves every circuit here
const POINT_BYTES = 64;
const ELEMENT_BYTES = 32;
const settings = {ipaAccumulation: false, oracleHashType: 'poseidon2', disableZk: false, optimizedSolidityVerifier: false};

function firstPoints(path) {
  const file = openSync(path, 'r');
  const bytes = new Uint8Array(Math.min(POINTS * POINT_BYTES, fstatSync(file).size));
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return bytes;
}

let starting;
function barretenberg() {
  starting ??= (async () => {
    os.cpus = () => new Array(threads).fill({});  // it starts no more threads than there are processors
    const {Barretenberg, BackendType} = await import('./bb.js/dest/node/index.js');
    const api = await Barretenberg.new({
      backend: BackendType.Wasm, threads, wasmPath: process.env.BB_WASM_PATH, skipSrsInit: true, logger: () => {},
    });
    const crs = process.env.CRS_PATH ?? '';
    const pointsBuf = firstPoints(join(crs, 'bn254_g1.dat'));
    const g2Point = new Uint8Array(readFileSync(join(crs, 'bn254_g2.dat')));
    await api.srsInitSrs({pointsBuf, numPoints: pointsBuf.length / POINT_BYTES, g2Point});
    return api;
  })();
  return starting;
}

const files = new Map();  // by path: a servant reads a program or key once
function readOnce(path, parse) {
  if (!files.has(path)) files.set(path, parse(readFileSync(path)));
  return files.get(path);
}
const bytesOf = (content) => new Uint8Array(content);
const bytecodeOf = (content) => bytesOf(gunzipSync(Buffer.from(JSON.parse(content.toString()).bytecode, 'base64')));

function elements(content) {
  const list = [];
  for (let at = 0; at < content.length; at += ELEMENT_BYTES) list.push(bytesOf(content.subarray(at, at + ELEMENT_BYTES)));
  return list;
}

async function setUp(program, out) {
  const api = await barretenberg();
  const {bytes} = await api.circuitComputeVk({circuit: {name: 'circuit', bytecode: readOnce(program, bytecodeOf)}, settings});
  writeFileSync(out, bytes);
}

async function prove(program, key, witness, proofOut, publicOut) {
  const api = await barretenberg();
  const {proof, publicInputs} = await api.circuitProve({
    witness: bytesOf(gunzipSync(readFileSync(witness))),
    circuit: {name: 'circuit', bytecode: readOnce(program, bytecodeOf), verificationKey: readOnce(key, bytesOf)},
    settings,
  });
  writeFileSync(proofOut, Buffer.concat(proof));
  writeFileSync(publicOut, Buffer.concat(publicInputs));
}

async function verify(key, proof, publicInputs) {
  const api = await barretenberg();
  const claim = {verificationKey: readOnce(key, bytesOf), proof: elements(readFileSync(proof)), publicInputs: elements(readFileSync(publicInputs))};
  try {
    return (await api.circuitVerify({...claim, settings})).verified;
  } catch {
    return false;  // not even the form of a proof
  }
}

function version() {
  const here = dirname(fileURLToPath(import.meta.url));
  return `bb.js ${JSON.parse(readFileSync(join(here, 'bb.js/package.json'))).version}`;
}

async function answer({do: phase, program, verification_key: key, witness, proof, public_inputs: publicInputs}) {
  switch (phase) {
    case 'prove':
      return prove(program, key, witness, proof, publicInputs);
    case 'verify':
      return {valid: await verify(key, proof, publicInputs)};
    default:
      throw new Error(`no phase '${phase}'`);
  }
}

const COMMANDS = {version: [0, () => console.log(version())], 'set-up': [2, setUp], prove: [5, prove], serve: [0, () => serve(answer)],
                  verify: [3, async (...claim) => process.exitCode = (await verify(...claim)) ? 0 : 1]};

await runCommand('bbjs.mjs', COMMANDS);

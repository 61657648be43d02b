// Groth16, PLONK and FFLONK by snarkjs, over circuits that circom compiled.
//
//   node snarkjs.mjs version                                    "snarkjs 0.7.6, circom 2.2.2"
//   node snarkjs.mjs compile FOLDER CIRCUIT OUT                 OUT/circuit.r1cs and OUT/solver.wasm
//   node snarkjs.mjs set-up SYSTEM CIRCUIT.r1cs X.ptau OUT      OUT/proving_key and OUT/verification_key
//   node snarkjs.mjs witness SOLVER.wasm INPUTS.json WITNESS
//   node snarkjs.mjs prove SYSTEM PROVING_KEY WITNESS PROOF PUBLIC_INPUTS
//   node snarkjs.mjs verify SYSTEM VERIFICATION_KEY PROOF PUBLIC_INPUTS      exit code 1: refused
//   node snarkjs.mjs serve     stays; a request a line on stdin, an answer a line on stdout, as
//                              docs/provers.md describes: {"do": "prove", "system": ..., ...}
//
// Threads: $HARDWARE_CONCURRENCY, 1 where it is not set. snarkjs is GPL-3.0 and is loaded here, in a
// process of its own; nothing else of Benchfleet touches it.
import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {runCommand, serve} from './serving.mjs';

const threads = Math.max(1, Number(process.env.HARDWARE_CONCURRENCY) || 1);
const require = createRequire(import.meta.url);
const LINK_CONSTRAINTS = 245;  // of chain.circom

let loaded;  // snarkjs takes a third of a second to load, so only those load it who need it
async function snarkjs() {
  if (loaded) return loaded;
  // The field library asks how many processors there are, and starts as many workers.
  os.cpus = () => new Array(threads).fill({});
  Object.defineProperty(globalThis, 'navigator', {value: {hardwareConcurrency: threads}, configurable: true});
  const {buildBn128} = await import('ffjavascript');
  globalThis.curve_bn128 = await buildBn128(threads === 1);
  loaded = await import('snarkjs');
  return loaded;
}

function proofSystem(library, name) {
  if (!['groth16', 'plonk', 'fflonk'].includes(name)) throw new Error(`no proof system '${name}'`);
  return library[name];
}

const keys = new Map();  // by path: a servant reads a key once
function readOnce(path, parse) {
  let value = keys.get(path);
  if (value === undefined) keys.set(path, (value = parse(readFileSync(path))));
  return value;
}
const inMemory = (bytes) => ({type: 'mem', data: new Uint8Array(bytes)});
const json = (bytes) => JSON.parse(bytes.toString());

function compile(folder, circuit, out) {
  const work = mkdtempSync(join(out, 'compile-'));
  const size = /^chain-(\d+)$/.exec(circuit)?.[1];
  const sources = readdirSync(folder).filter((name) => name.endsWith('.circom'));
  for (const name of sources) copyFileSync(join(folder, name), join(work, name));
  let source = `${circuit}.circom`;
  if (size !== undefined) {
    const text = readFileSync(join(work, 'chain.circom'), 'utf8');
    const links = Math.floor((2 ** Number(size) - 2) / LINK_CONSTRAINTS);
    const sized = text.replace(/^component main = Chain\(\d+\);$/m, `component main = Chain(${links});`);
    writeFileSync(join(work, source), sized);
  }
  const compiler = require.resolve('circom2/cli.js');
  // It maps folders from the current one upwards, so it is called where it works.
  execFileSync(process.execPath, [compiler, source, '--O1', '--r1cs', '--wasm', '-o', '.'], {cwd: work});
  renameSync(join(work, `${circuit}.r1cs`), join(out, 'circuit.r1cs'));
  renameSync(join(work, `${circuit}_js/${circuit}.wasm`), join(out, 'solver.wasm'));
  rmSync(work, {recursive: true});
}

async function setUp(system, circuit, ptau, out) {
  const library = await snarkjs();
  const key = join(out, 'proving_key');
  let failed = '';
  const logger = {error: (text) => (failed = text), info() {}, debug() {}, warn() {}};
  const made = system === 'groth16'
    ? await library.zKey.newZKey(circuit, ptau, key, logger)
    : await proofSystem(library, system).setup(circuit, ptau, key, logger);
  if (made === -1 || failed) throw new Error(failed || 'the set-up failed');
  const verification = await library.zKey.exportVerificationKey(key, logger);
  writeFileSync(join(out, 'verification_key'), JSON.stringify(library_strings(verification)));
}

// Big numbers as decimal text.
function library_strings(value) {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(library_strings);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, library_strings(item)]));
}

const solvers = new Map();
async function witness(solver, inputs, out) {
  if (!solvers.has(solver)) {
    const {WitnessCalculatorBuilder} = await import('circom_runtime');
    solvers.set(solver, await WitnessCalculatorBuilder(readFileSync(solver)));
  }
  writeFileSync(out, await solvers.get(solver).calculateWTNSBin(json(readFileSync(inputs)), 0));
}

async function prove(system, key, solved, proofOut, publicOut) {
  const library = await snarkjs();
  const {proof, publicSignals} = await proofSystem(library, system)
    .prove(readOnce(key, inMemory), inMemory(readFileSync(solved)), undefined, {singleThread: false});
  writeFileSync(proofOut, JSON.stringify(proof));
  writeFileSync(publicOut, JSON.stringify(publicSignals));
}

async function verify(system, key, proof, publicInputs) {
  const library = await snarkjs();
  try {
    const claim = [json(readFileSync(publicInputs)), json(readFileSync(proof))];
    return await proofSystem(library, system).verify(readOnce(key, json), ...claim);
  } catch {
    return false;  // not even the form of a proof
  }
}

function version() {
  const of = (name) => json(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'node_modules', name, 'package.json'))).version;
  return `snarkjs ${of('snarkjs')}, circom2 ${of('circom2')}`;
}

async function answer({do: phase, system, solver, inputs, witness: solved, proving_key: provingKey,
                       verification_key: verificationKey, proof, public_inputs: publicInputs}) {
  switch (phase) {
    case 'witness':
      return witness(solver, inputs, solved);
    case 'prove':
      return prove(system, provingKey, solved, proof, publicInputs);
    case 'verify':
      return {valid: await verify(system, verificationKey, proof, publicInputs)};
    default:
      throw new Error(`no phase '${phase}'`);
  }
}

const COMMANDS = {version: [0, () => console.log(version())], compile: [3, compile], 'set-up': [4, setUp],
                  witness: [3, witness], prove: [5, prove], serve: [0, () => serve(answer)],
                  verify: [4, async (...claim) => process.exitCode = (await verify(...claim)) ? 0 : 1]};

await runCommand('snarkjs.mjs', COMMANDS);

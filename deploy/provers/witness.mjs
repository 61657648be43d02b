// Solves the witness of a compiled Noir program, in the form that `bb prove -w` reads.
//
//   node witness.mjs PROGRAM.json INPUTS.json OUT.gz   once; one answer on stdout
//   node witness.mjs --serve                           stays; a request a line on stdin:
//       {"program": "PROGRAM.json", "inputs": "INPUTS.json", "out": "OUT.gz"}
//
// An answer is one line of JSON. {"ok": true, "load_ns", "solve_ns", "write_ns", "bytes"}: reading
// program and inputs (a program already seen is not read again), solving, writing. Or
// {"ok": false, "error"}, for example where the inputs do not satisfy the program. A server first
// says {"ready": true} and ends with its stdin.
import {Noir} from '@noir-lang/noir_js';
import {readFileSync, writeFileSync} from 'node:fs';

import {reply, serve} from './serving.mjs';

const programs = new Map();

function noirOf(path) {
  let noir = programs.get(path);
  if (noir === undefined) {
    noir = new Noir(JSON.parse(readFileSync(path, 'utf8')));
    programs.set(path, noir);
  }
  return noir;
}

async function solve({program, inputs, out}) {
  for (const [name, value] of Object.entries({program, inputs, out})) {
    if (typeof value !== 'string') throw new Error(`'${name}' must be a path`);
  }
  const begin = process.hrtime.bigint();
  const noir = noirOf(program);
  const values = JSON.parse(readFileSync(inputs, 'utf8'));
  const loaded = process.hrtime.bigint();
  const {witness} = await noir.execute(values);
  const solved = process.hrtime.bigint();
  writeFileSync(out, witness);
  const written = process.hrtime.bigint();
  return {
    load_ns: Number(loaded - begin),
    solve_ns: Number(solved - loaded),
    write_ns: Number(written - solved),
    bytes: witness.length,
  };
}

const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--serve') {
  await serve(solve);
} else if (args.length === 3) {
  const [program, inputs, out] = args;
  if (!(await reply(() => solve({program, inputs, out})))) process.exitCode = 1;
} else {
  console.error('usage: node witness.mjs PROGRAM.json INPUTS.json OUT.gz | --serve');
  process.exitCode = 2;
}

// node compile-circuits.mjs FOLDER [--check]: FOLDER/circuits/NAME -> FOLDER/artifacts/NAME.json
import {cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {compilePackage} from './noir-compiler.mjs';

const CIRCUITS = ['age', 'score', 'residency', 'disclosure'];
const CHAIN_SIZES = [10, 11, 12, 13, 14, 15, 16, 17];  // log2 of gates

// As bb 5.0.0 counts: 74 gates a link and 20 around the chain.
const longestChain = (size) => Math.floor((2 ** size - 20) / 74);

async function compileChain(folder, links) {
  const work = mkdtempSync(join(tmpdir(), 'chain-'));
  try {
    for (const name of ['hashing', 'chain']) {
      cpSync(join(folder, 'circuits', name), join(work, name), {recursive: true});
    }
    const main = join(work, 'chain/src/main.nr');
    const source = readFileSync(main, 'utf8');
    const sized = source.replace(/^global LINKS: u32 = \d+;$/m, `global LINKS: u32 = ${links};`);
    if (sized === source) throw new Error('chain/src/main.nr has no LINKS to set');
    writeFileSync(main, sized);
    return await compilePackage(join(work, 'chain'));
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

async function compileAll(folder) {
  const programs = new Map();
  for (const name of CIRCUITS) {
    programs.set(`${name}.json`, await compilePackage(join(folder, 'circuits', name)));
  }
  for (const size of CHAIN_SIZES) {
    programs.set(`chain-${size}.json`, await compileChain(folder, longestChain(size)));
  }
  return programs;
}

function contentOrNothing(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const [folder, mode] = process.argv.slice(2);
const artifacts = join(folder, 'artifacts');
const programs = await compileAll(folder);
mkdirSync(artifacts, {recursive: true});
const strays = readdirSync(artifacts).filter((name) => !programs.has(name));
for (const name of strays) {
  console.log(`${name}: belongs to no circuit`);
  process.exitCode = 1;
}
for (const [name, text] of programs) {
  const same = contentOrNothing(join(artifacts, name)) === text;
  if (!same && mode === '--check') process.exitCode = 1;
  if (!same && mode !== '--check') writeFileSync(join(artifacts, name), text);
  console.log(`${name}: ${text.length} bytes, ${same ? 'as committed' : 'CHANGED'}`);
}

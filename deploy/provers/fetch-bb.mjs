// Fetches the bb and the bb.js that bb.json pins: node fetch-bb.mjs PLATFORM BB BBJS
//
// Installing @aztec/bb.js would unpack the programs of four platforms; this takes the one archive by
// `npm pack`, checks it, and keeps the program BB and the folder BBJS with the WebAssembly build for
// Node.js.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

function run(program, args, cwd) {
  const result = spawnSync(program, args, {cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
  if (result.error) throw new Error(`${program}: ${result.error.message}`);
  if (result.status !== 0) {
    const told = result.stderr.split('\n').filter((line) => line.trim() && !/^npm warn/i.test(line));
    const why = told.slice(0, 2).map((line) => line.replace(/^npm (error|ERR!)/i, '').trim());
    throw new Error(`${program} ${args[0]}: ${why.join(', ')}`);
  }
}

function digest(algorithm, path, encoding) {
  return createHash(algorithm).update(readFileSync(path)).digest(encoding);
}

function fetchProgram(platform, out, library) {
  const here = dirname(fileURLToPath(import.meta.url));
  const pin = JSON.parse(readFileSync(join(here, 'bb.json'), 'utf8'));
  const {file, sha256} = pin.programs[platform];
  const archiveName = `${pin.package}@${pin.version}`;
  const work = mkdtempSync(`${out}.fetch-`);  // beside BB, so that the rename below stays on one disk
  try {
    run('npm', ['pack', archiveName, '--ignore-scripts', '--pack-destination', work], work);
    const archive = join(work, readdirSync(work)[0]);
    if (`sha512-${digest('sha512', archive, 'base64')}` !== pin.integrity) {
      throw new Error(`${archiveName}: the registry's archive is not the one that bb.json pins`);
    }
    run('tar', ['-xzf', archive, `package/${file}`, 'package/package.json', 'package/dest/node'], work);
    const program = join(work, 'package', file);
    if (digest('sha256', program, 'hex') !== sha256) {
      throw new Error(`${archiveName}: ${file} is not the one that bb.json pins`);
    }
    chmodSync(program, 0o755);
    rmSync(library, {recursive: true, force: true});
    mkdirSync(join(library, 'dest'), {recursive: true});
    for (const kept of ['package.json', 'dest/node']) renameSync(join(work, 'package', kept), join(library, kept));
    renameSync(program, out);
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

const args = process.argv.slice(2);
if (args.length !== 3) {
  console.error('usage: node fetch-bb.mjs PLATFORM BB BBJS');
  process.exit(2);
}
try {
  fetchProgram(...args);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

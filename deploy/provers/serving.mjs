// What the scripts here have in common: a command line with a few commands, one of which stays and
// serves, a request a line on stdin, an answer a line on stdout, as docs/provers.md describes.
import {createInterface} from 'node:readline';

const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n');
const wordsOf = (error) => String(error?.message ?? error);

// One answer: what `make` returns with "ok": true, or why it failed. Whether it went well.
export async function reply(make) {
  try {
    say({ok: true, ...(await make())});
    return true;
  } catch (error) {
    say({ok: false, error: wordsOf(error)});
    return false;
  }
}

// Until stdin ends. `answer` takes a request and returns what is to be said besides "ok".
export async function serve(answer) {
  say({ready: true});
  for await (const line of createInterface({input: process.stdin})) await reply(() => answer(JSON.parse(line)));
}

// Runs the command that the command line names, one of {NAME: [number of arguments, function]}, and
// ends the process. Exit codes: 2 for a wrong command line, 3 with a line on stderr for a command that
// failed, else what the command set.
export async function runCommand(script, commands) {
  const [command, ...args] = process.argv.slice(2);
  const [count, run] = commands[command] ?? [];
  if (run === undefined || args.length !== count) {
    console.error(`usage: node ${script} ${Object.keys(commands).join('|')} ...; see its first lines`);
    process.exit(2);
  }
  try {
    await run(...args);
  } catch (error) {
    console.error(wordsOf(error));
    process.exitCode = 3;
  }
  process.exit();  // threads of WebAssembly would stay
}

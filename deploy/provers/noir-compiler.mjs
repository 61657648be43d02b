// Compiles one Noir package to the smallest program that bb and noir_js accept.
import {compile_program, createFileManager} from '@noir-lang/noir_wasm';

// The text of PROGRAM.json for the package in the folder `path`: without debug symbols and without
// the file map, so nothing in it tells where it was compiled.
export async function compilePackage(path) {
  const toStdout = console.log;
  console.log = () => {};  // the compiler announces each file there
  try {
    const {program} = await compile_program(createFileManager('/'), path, () => {}, () => {});
    const {noir_version, abi, bytecode} = program;
    return JSON.stringify({noir_version, abi, bytecode}) + '\n';
  } finally {
    console.log = toStdout;
  }
}

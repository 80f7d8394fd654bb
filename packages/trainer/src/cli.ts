#!/usr/bin/env node
import { runProgram } from './program';
import { endQuietlyWithoutReader } from './commands/closed-pipe';

endQuietlyWithoutReader();

void runProgram(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ablateCommand } from './commands/ablate';
import { compareCommand } from './commands/compare';
import { configCommand } from './commands/config';
import { dataCommand } from './commands/data';
import { encoderCommand } from './commands/encoder';
import { exportCommand } from './commands/export';
import { Interrupted } from './commands/interrupt';
import { predictCommand } from './commands/predict';
import { cvCommand, foldCommand } from './commands/run';
import { isInputError } from './errors';

const program = new Command('ser')
  .description('Speech emotion recognition: train, evaluate, compare, predict, export')
  .showHelpAfterError('(--help lists the options)')
  .configureHelp({ helpWidth: Math.min(120, process.stdout.columns ?? 120) })
  .addCommand(cvCommand())
  .addCommand(foldCommand())
  .addCommand(predictCommand())
  .addCommand(exportCommand())
  .addCommand(compareCommand())
  .addCommand(ablateCommand())
  .addCommand(dataCommand())
  .addCommand(encoderCommand())
  .addCommand(configCommand());

for (const command of program.commands) exitByError(command);

/** Exit codes: 0 done, 1 a defect of the program (with its stack), 2 wrong input (one line), 130 interrupted. */
async function main(): Promise<void> {
  try {
    await exitByError(program).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (error instanceof Interrupted) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 130;
    } else if (isInputError(error)) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
    } else {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}

function exitByError(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(exitByError);
  return command;
}

void main();

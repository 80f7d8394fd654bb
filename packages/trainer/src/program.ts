import { Command, CommanderError } from 'commander';
import { ablateCommand } from './commands/ablate';
import { cacheCommand } from './commands/cache';
import { compareCommand } from './commands/compare';
import { configCommand } from './commands/config';
import { dataCommand } from './commands/data';
import { doctorCommand } from './commands/doctor';
import { embedCommand } from './commands/embed';
import { encoderCommand } from './commands/encoder';
import { evaluateCommand } from './commands/evaluate';
import { exportCommand } from './commands/export';
import { expandHome } from './commands/home-folder';
import { Interrupted } from './commands/interrupt';
import { playgroundCommand } from './commands/playground';
import { predictCommand } from './commands/predict';
import { pushCommand } from './commands/push';
import { reportCommand } from './commands/report';
import { cvCommand, foldCommand, taskCommand } from './commands/run';
import { statusCommand } from './commands/status';
import { takeSlurmOptions, type SlurmOptions } from './launch/slurm-options';
import { serveCommand } from './commands/serve';
import { printable } from './printable';
import { isInputError } from '@ser/files';
import trainer from '../package.json';

/**
 * The `ser` command.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 a defect of the program (its stack is printed), 2 wrong input (one line), 130 interrupted
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    const { rest, slurm } = takeSlurmOptions(expandHome(args));
    await exitByError(createProgram(slurm)).parseAsync(rest, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed its line
    if (error instanceof Interrupted || isInputError(error)) {
      process.stderr.write(`${printable(error.message)}\n`);
      return isInputError(error) ? 2 : 130;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

function createProgram(slurm: SlurmOptions): Command {
  return new Command('ser')
    .version(trainer.version, '--version', 'print the version')
    .description('Speech emotion recognition: train, evaluate, compare, predict, export')
    .showHelpAfterError('(--help lists the options)')
    .configureHelp({ helpWidth: Math.min(120, process.stdout.columns ?? 120) })
    .addCommand(cvCommand(slurm))
    .addCommand(foldCommand())
    .addCommand(taskCommand(), { hidden: true })
    .addCommand(statusCommand())
    .addCommand(reportCommand())
    .addCommand(evaluateCommand())
    .addCommand(predictCommand())
    .addCommand(embedCommand())
    .addCommand(exportCommand())
    .addCommand(pushCommand())
    .addCommand(serveCommand())
    .addCommand(playgroundCommand())
    .addCommand(compareCommand())
    .addCommand(ablateCommand(slurm))
    .addCommand(dataCommand())
    .addCommand(encoderCommand())
    .addCommand(cacheCommand())
    .addCommand(configCommand())
    .addCommand(doctorCommand());
}

/** Commander's own exits as errors, in every command. */
function exitByError(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(exitByError);
  return command;
}

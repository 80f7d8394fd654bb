import { Command } from 'commander';

/** `ser status RUN…`: which folds are done, run, wait or failed, and how long it will take. */
export function statusCommand(): Command {
  return new Command('status')
    .description('which folds are done, running, queued, stopped or failed, and the time left')
    .argument('<runs...>', 'run folders, or the folder of an ablation that was submitted to Slurm')
    .action(async (runs: string[]) => {
      const { readStatus, statusText } = await import('../launch/status');
      process.stdout.write(`${statusText(await readStatus(runs))}\n`);
    });
}

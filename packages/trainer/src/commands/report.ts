import { relative } from 'node:path';
import { Command } from 'commander';

/** `ser report RUN…`: report and tables from what is there, finished or not. */
export function reportCommand(): Command {
  return new Command('report')
    .description('write the report of runs from the folds that are there, also while others still run')
    .argument('<runs...>', 'run folders')
    .action(async (runs: string[]) => {
      const { writeReport } = await import('../report');
      for (const run of runs) {
        const { htmlPath } = await writeReport(run);
        process.stdout.write(`report: ${relative(process.cwd(), htmlPath)}\n`);
      }
    });
}

import { relative } from 'node:path';
import { Command } from 'commander';

/** `ser report RUN…`: report and tables from what is there, finished or not. */
export function reportCommand(): Command {
  return new Command('report')
    .description('write the report of runs from the folds that are there, also while others still run')
    .argument('<runs...>', 'run folders; each has its own report')
    .option('--join <dir>', 'one report, written into this folder, of folds that were trained in several run folders')
    .action(async (runs: string[], { join: into }: { join?: string }) => {
      const [{ writeReport, writeReportOf }, { joinRuns }] = await Promise.all([
        import('../report/write-report'),
        import('../report/join-runs'),
      ]);
      const written =
        into === undefined
          ? runs.map((run) => () => writeReport(run))
          : [async () => writeReportOf(await joinRuns(runs), { dir: into })];
      for (const write of written) {
        const { htmlPath } = await write();
        process.stdout.write(`report: ${relative(process.cwd(), htmlPath)}\n`);
      }
    });
}

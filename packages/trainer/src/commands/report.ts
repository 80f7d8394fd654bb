import { Command } from 'commander';
import { printable } from '../printable';
import { shownPath } from './shown-path';

/** `ser report RUN…`: report and tables from what is there, finished or not. */
export function reportCommand(): Command {
  return new Command('report')
    .description('write the report of runs from the folds that are there, also while others still run')
    .argument('<runs...>', 'run folders; each has its own report')
    .option('--join <dir>', 'one report, written into this folder, of folds that were trained in several run folders')
    .option(
      '--by <list>',
      'columns of the corpus to break results down by, such as gender,age:4 (four ranges); printed, too',
    )
    .action(async (runs: string[], { join: into, by: list }: { join?: string; by?: string }) => {
      const by = list === undefined ? {} : { by: list.split(',').filter((column) => column !== '') };
      const [{ writeReport, writeReportOf }, { joinRuns }, { breakdownsText }] = await Promise.all([
        import('../report/write-report'),
        import('../report/join-runs'),
        import('../report/sections/breakdowns'),
      ]);
      const written =
        into === undefined
          ? runs.map((run) => () => writeReport(run, by))
          : [async () => writeReportOf(await joinRuns(runs), { dir: into, ...by })];
      for (const write of written) {
        const { report, htmlPath } = await write();
        process.stdout.write(printable(breakdownsText(report, by.by ?? [])));
        process.stdout.write(`report: ${shownPath(htmlPath)}\n`);
      }
    });
}

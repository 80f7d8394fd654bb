import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { InputError } from '@ser/files';
import type { Comparison } from '../report/compare-runs';
import { shownPath } from './shown-path';

/** `ser compare runs/a runs/b …`: each run against the first, on the utterances that both have tested. */
export function compareCommand(): Command {
  return new Command('compare')
    .description("paired differences of runs against the first one, with bootstrap intervals and McNemar's test")
    .argument('<runs...>', 'two or more run folders; the first is what the others are compared with')
    .option('--out <file>', 'HTML page to write (default: compare-<first>-<second>….html beside the first run)')
    .action(async (runs: string[], options: { out?: string }) => {
      const [first, ...others] = runs;
      if (first === undefined || others.length === 0) {
        throw new InputError(`compare: expected at least two run folders, got ${runs.length}`);
      }
      const [{ compareRuns }, { comparisonText, writeComparison }] = await Promise.all([
        import('../report/compare-runs'),
        import('../report/write-comparison'),
      ]);
      const comparisons: Comparison[] = [];
      for (const other of others) comparisons.push(await compareRuns(first, other));
      const names = [comparisons[0]?.a.name ?? '', ...comparisons.map(({ b }) => b.name)];
      const path = options.out ?? join(dirname(resolve(first)), `compare-${names.join('-')}.html`);
      await writeComparison(path, comparisons);
      process.stdout.write(`${comparisonText(comparisons)}\nreport: ${shownPath(path)}\n`);
    });
}

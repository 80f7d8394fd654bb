import { printable } from '../printable';
import { percent } from '../percent';
import type { Measured } from '../inference/training-record';
import { allDataIndex, foldFolder } from '../record/fold-result';
import type { FoldResult } from '../record/run-files';
import { partsOf } from '../report/parts';
import { countCell, estimateCell, percentCell } from '../report/quantity';
import { breakdownsText } from '../report/sections/breakdowns';
import type { Cell } from '../report/table-data';
import { textTable } from '../report/text-table';
import { writeReport } from '../report/write-report';
import { shownPath } from './shown-path';

/** Prints the folds and writes the report; of a model of all data, where it is and what is known of it. */
export async function printTable(dir: string, results: readonly FoldResult[], by: readonly string[]): Promise<void> {
  if (results.some(({ fold }) => fold !== allDataIndex)) await printFolds(dir, by);
  for (const model of results) if (model.fold === allDataIndex) await printAllData(dir, model);
}

async function printAllData(dir: string, model: FoldResult): Promise<void> {
  const { crossValidatedEstimate } = await import('../inference/training-record');
  const folder = shownPath(foldFolder(dir, allDataIndex));
  process.stdout.write(`model of all data: ${folder} (${model.trainUtterances} utterances, no test)\n`);
  const { crossValidation, testSets = [] } = await crossValidatedEstimate(dir, model);
  const of = (name: string, { value, low, high }: Measured): string =>
    `${name} ${percent(value)} % (${percent(low)} to ${percent(high)})`;
  if (crossValidation) {
    const { wa, ua } = crossValidation;
    process.stdout.write(`estimate, cross-validation of the same settings: ${of('WA', wa)}, ${of('UA', ua)}\n`);
  }
  for (const { name, wa, ua } of testSets)
    process.stdout.write(`estimate, ${name} with the same settings: ${of('WA', wa)}, ${of('UA', ua)}\n`);
  if (!crossValidation && testSets.length === 0)
    process.stdout.write('no estimate: no finished cross-validation of the same settings; --folds=all runs it\n');
}

/** All finished folds, the results, and those by the columns asked for, as in the report that is written. */
async function printFolds(dir: string, by: readonly string[]): Promise<void> {
  const { htmlPath, report } = await writeReport(dir);
  const isOne = report.testSets.length === 0;
  const folds = report.folds
    .filter(({ status }) => status === 'done')
    .map(({ fold, name, testUtterances, wa, ua }): Cell[] => [
      `fold ${fold}`,
      name,
      countCell(testUtterances),
      ...(isOne ? [percentCell(wa), percentCell(ua)] : []),
    ]);
  const results = partsOf(report).flatMap(({ name, utterances, wa, ua, intervals, baselines }): Cell[][] => {
    const n = countCell(utterances);
    const { probe } = baselines;
    return [
      [name === '' ? 'pooled' : name, '', n, estimateCell(wa, intervals.wa), estimateCell(ua, intervals.ua)],
      ...(probe ? [['probe', 'linear, same encoder', n, percentCell(probe.wa), percentCell(probe.ua)]] : []),
    ];
  });
  const header = ['', 'test groups', 'n', 'WA % [95 %]', 'UA % [95 %]'];
  const text = [
    textTable(header, [...folds, ...results], 2),
    ...(report.stamp === undefined ? [] : [report.stamp]),
    ...(by.length === 0 ? [] : ['', breakdownsText(report, by).trimEnd()]),
    `report: ${shownPath(htmlPath)}`,
  ];
  process.stdout.write(`${printable(text.join('\n'))}\n`);
}

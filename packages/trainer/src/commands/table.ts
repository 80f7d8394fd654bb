import { join, relative } from 'node:path';
import { confusionMatrix, unweightedAccuracy, weightedAccuracy } from '../metrics';
import { writeReport } from '../report';
import { printable } from '../printable';
import { percent } from '../percent';
import type { Measured } from '../inference/training-record';
import { allDataIndex, foldFolder } from '../record/fold-result';
import { readPredictions } from '../record/predictions';
import type { FoldResult } from '../record/run-files';

/** Prints folds and pooled result and writes the report; of a model of all data, where it is and what is known of it. */
export async function printTable(dir: string, results: readonly FoldResult[]): Promise<void> {
  const tested = results.filter(({ fold }) => fold !== allDataIndex);
  if (tested.length > 0) await printFolds(dir, tested);
  for (const model of results) if (model.fold === allDataIndex) await printAllData(dir, model);
}

async function printAllData(dir: string, model: FoldResult): Promise<void> {
  const { crossValidatedEstimate } = await import('../inference/training-record');
  const folder = relative(process.cwd(), foldFolder(dir, allDataIndex));
  process.stdout.write(`model of all data: ${folder} (${model.trainUtterances} utterances, no test)\n`);
  const estimate = await crossValidatedEstimate(dir, model);
  if (!estimate) {
    process.stdout.write('no estimate: no finished cross-validation of the same settings; --folds=all runs it\n');
    return;
  }
  const of = (name: string, { value, low, high }: Measured): string =>
    `${name} ${percent(value)} % (${percent(low)} to ${percent(high)})`;
  process.stdout.write(
    `estimate, cross-validation of the same settings: ${of('WA', estimate.wa)}, ${of('UA', estimate.ua)}\n`,
  );
}

async function printFolds(dir: string, results: readonly FoldResult[]): Promise<void> {
  const width = Math.max(12, ...results.map(({ name }) => name.length));
  const row = (fold: string, name: string, n: number, wa: number, ua: number): string =>
    `${fold.padStart(6)}  ${name.padEnd(width)}  ${String(n).padStart(6)}  ${percent(wa, 2).padStart(7)}  ${percent(ua, 2).padStart(7)}`;
  const lines = [
    `${'fold'.padStart(6)}  ${'test groups'.padEnd(width)}  ${'n'.padStart(6)}  ${'WA %'.padStart(7)}  ${'UA %'.padStart(7)}`,
  ];
  for (const { fold, name, testUtterances, wa, ua } of results)
    lines.push(row(String(fold), name, testUtterances, wa, ua));
  const labels = results[0]?.labels ?? [];
  const files = results.map(({ fold }) => join(foldFolder(dir, fold), 'predictions.jsonl'));
  const predictions = (await Promise.all(files.map(readPredictions))).flat();
  const confusion = confusionMatrix(
    predictions.map(({ label }) => labels.indexOf(label)),
    predictions.map(({ predicted }) => labels.indexOf(predicted)),
    labels.length,
  );
  lines.push(row('pooled', '', predictions.length, weightedAccuracy(confusion), unweightedAccuracy(confusion)));
  const { htmlPath, report } = await writeReport(dir);
  const { probe } = report.baselines;
  if (probe) lines.push(row('probe', 'linear', predictions.length, probe.wa, probe.ua));
  process.stdout.write(`${printable(lines.join('\n'))}\n`);
  process.stdout.write(`report: ${relative(process.cwd(), htmlPath)}\n`);
}

import { atTemperature, calibration, type Calibration } from '../metrics';
import type { FoldData } from '../record/read-run';
import type { PredictionLine } from '../record/run-files';

/** Temperature scaling of the folds that have a temperature. */
export interface Scaling {
  readonly temperatures: readonly { readonly fold: number; readonly temperature: number }[];
  /** Of the test utterances of these folds, as the model gives them and at the fold's temperature. */
  readonly before: Calibration;
  readonly after: Calibration;
}

/** How well the largest probability says how often it is right. */
export function calibrationOf(lines: readonly PredictionLine[]): Calibration {
  return calibration(
    lines.map(({ probabilities }) => Math.max(...probabilities)),
    lines.map(({ label, predicted }) => label === predicted),
  );
}

/** Calibration before and after temperature scaling; undefined where no fold has a temperature. */
export function scalingOf(folds: readonly FoldData[]): Scaling | undefined {
  const scaled = folds.flatMap(({ index, file, predictions }) =>
    file?.temperature === undefined ? [] : [{ fold: index, temperature: file.temperature, predictions }],
  );
  if (scaled.length === 0) return undefined;
  const after = scaled.flatMap(({ temperature, predictions }) =>
    predictions.map((line) => ({ ...line, probabilities: atTemperature(line.probabilities, temperature) })),
  );
  return {
    temperatures: scaled.map(({ fold, temperature }) => ({ fold, temperature })),
    before: calibrationOf(scaled.flatMap(({ predictions }) => predictions)),
    after: calibrationOf(after),
  };
}

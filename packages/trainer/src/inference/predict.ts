import { readWaveform } from '@ser/datasets';
import { sampleRate } from '../data/plan';
import { speechBounds } from '../data/trim';
import { InputError } from '@ser/files';
import { argmax } from '../metrics';
import type { Predictor } from './predictor';
import { windowsOf } from './windows';

/** What a model says about a recording. */
export interface Prediction {
  readonly file: string;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Where the attention is highest: seconds into the file, and the weight relative to an even spread. */
  readonly peaks: readonly { readonly seconds: number; readonly weight: number }[];
  /** Of recordings longer than one window: what each window says on its own. */
  readonly timeline?: readonly WindowPrediction[];
}

export interface WindowPrediction {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

/**
 * Predicts one file: trimmed as in training, in overlapping windows when it is longer than `windowSeconds`; the
 * probabilities of the recording are the mean over its windows.
 * @throws {InputError} for a file that cannot be read or is too short.
 */
export async function predictFile(predictor: Predictor, file: string, windowSeconds: number): Promise<Prediction> {
  const whole = await readWaveform(file);
  const { trim, labels, minSamples } = predictor;
  const bounds = trim === undefined ? { start: 0, end: whole.length } : speechBounds(whole, trim);
  const wave = whole.subarray(bounds.start, bounds.end);
  if (wave.length < minSamples) {
    throw new InputError(`${file}: ${wave.length} samples at 16 kHz, expected at least ${minSamples}`);
  }
  const windows = windowsOf(wave.length, Math.round(windowSeconds * sampleRate));
  const named = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(labels.map((label, i) => [label, values[i] ?? NaN]));
  const seconds = (sample: number): number => round((bounds.start + sample) / sampleRate, 3);
  const timeline: WindowPrediction[] = [];
  const peaks: { seconds: number; weight: number }[] = [];
  const sums = labels.map(() => 0);
  for (const { start, end } of windows) {
    const { probabilities, attention } = await predictor.judge(wave.subarray(start, end));
    probabilities.forEach((p, i) => (sums[i] = (sums[i] ?? 0) + p / windows.length));
    const label = labels[argmax(probabilities)] ?? '';
    timeline.push({ start: seconds(start), end: seconds(end), label, probabilities: named(probabilities) });
    for (const { frame, weight } of attentionPeaks(attention)) {
      peaks.push({
        seconds: seconds(start + ((frame + 0.5) / attention.length) * (end - start)),
        weight: round(weight, 2),
      });
    }
  }
  peaks.sort((a, b) => b.weight - a.weight);
  const prediction = { file, label: labels[argmax(sums)] ?? '', probabilities: named(sums), peaks: peaks.slice(0, 3) };
  return windows.length > 1 ? { ...prediction, timeline } : prediction;
}

/** The three highest local maxima, with the weight relative to 1 / frames. */
export function attentionPeaks(attention: readonly number[]): { frame: number; weight: number }[] {
  const at = (i: number): number => attention[i] ?? -Infinity;
  return [...attention.keys()]
    .filter((i) => at(i) > at(i - 1) && at(i) >= at(i + 1))
    .map((frame) => ({ frame, weight: at(frame) * attention.length }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, 3);
}

function round(x: number, digits: number): number {
  return Number(x.toFixed(digits));
}

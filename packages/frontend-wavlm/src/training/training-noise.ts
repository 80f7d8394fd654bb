import * as tf from '@tensorflow/tfjs-core';
import type { Encoder, TrainingNoise } from '../encoders/encoder';

export interface NoiseOptions {
  /** Uniform [0, 1), seeded by the caller. */
  random: () => number;
  /** Share of an utterance's steps that become part of a mask, before overlaps; 0.05 when absent, 0 for no mask. */
  timeProbability?: number;
  /** Steps of one mask; 10 when absent. */
  timeLength?: number;
  /** Share of masked features; 0 when absent. */
  featureProbability?: number;
  /** Features of one mask; 10 when absent. */
  featureLength?: number;
  /** Probability that a block is skipped, never the first; 0 when absent. */
  layerDrop?: number;
}

/**
 * Draws SpecAugment and layer drop for one training step, to be given to the compiled step as an input. The same
 * state of `random` gives the same masks. Masks stay within an utterance's own steps.
 *
 * @param lengths samples of each utterance
 * @param samples columns of the padded batch
 */
export function drawTrainingNoise(
  encoder: Encoder,
  lengths: readonly number[],
  samples: number,
  options: NoiseOptions,
): TrainingNoise {
  const {
    random,
    timeProbability = 0.05,
    timeLength = 10,
    featureProbability = 0,
    featureLength = 10,
    layerDrop = 0,
  } = options;
  const { time, features, layers } = encoder.noiseShape(samples);
  const rows = (size: number, own: (length: number) => number, probability: number, span: number): tf.Tensor2D => {
    const data = new Float32Array(lengths.length * size);
    lengths.forEach((length, row) =>
      drawSpans(data.subarray(row * size, (row + 1) * size), own(length), probability, span, random),
    );
    return tf.tensor2d(data, [lengths.length, size]);
  };
  return {
    ...(timeProbability > 0
      ? { timeMask: rows(time, (length) => encoder.noiseShape(length).time, timeProbability, timeLength) }
      : {}),
    ...(featureProbability > 0
      ? { featureMask: rows(features, () => features, featureProbability, featureLength) }
      : {}),
    ...(layerDrop > 0 && layers > 0
      ? { keepLayers: tf.tensor1d(Array.from({ length: layers }, (_, i) => Number(random() >= layerDrop || i === 0))) }
      : {}),
  };
}

/** Sets spans to 1 at distinct starts; the expected number of them is probability · count / span, at least two if they fit. */
function drawSpans(row: Float32Array, count: number, probability: number, span: number, random: () => number): void {
  const starts = Math.max(0, count - span + 1);
  const wanted = Math.max(2, Math.floor((probability * count) / span + random()));
  const chosen = new Set<number>();
  // Never more than half of an utterance is masked.
  const most = Math.min(wanted, starts, Math.floor(count / (2 * span)));
  while (chosen.size < most) chosen.add(Math.floor(random() * starts));
  for (const start of chosen) row.fill(1, start, start + span);
}

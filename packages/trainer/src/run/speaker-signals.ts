import type { Utterance } from '@ser/datasets';
import { InputError } from '@ser/files';
import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import type { FeatureInput, Signal } from '../model/model';
import { joinStatistics, scaleOf, type FrameStatistics, type Scale } from '../model/standardize';
import type { SignalSource } from './signal';

/**
 * Speaker normalisation (z-normalisation by speaker; see Busso, Mariooryad, Metallinou and Narayanan, "Iterative feature
 * normalization scheme for automatic emotion detection from speech", 2013): every feature of every layer to mean 0 and
 * deviation 1 over the frames of each speaker.
 *
 * The statistics of a speaker are of all utterances in `batches`, those of the test among them, without their labels. What
 * is said of one utterance then depends on the speaker's others: every result must say so.
 *
 * @param batches whole, unmixed utterances; no surplus rows
 * @param utterances those in `batches`, and all that will be read
 * @throws {InputError} where the signals are waveforms: frames that change while the encoder learns have no statistics
 */
export async function speakerSignals(
  signals: SignalSource,
  batches: AsyncIterable<BatchArrays>,
  utterances: readonly Pick<Utterance, 'id' | 'speaker'>[],
): Promise<SignalSource> {
  const speakers = new Map(utterances.map(({ id, speaker }) => [id, speaker]));
  const speakerOf = (id: string): string => speakers.get(id) ?? '';
  const statistics = new Map<string, FrameStatistics>();
  for await (const batch of batches) {
    const input = featuresOf(await signals.read(batch));
    const rows = utteranceStatistics(input);
    batch.ids.forEach((id, row) => {
      const own = rows[row];
      if (own) statistics.set(speakerOf(id), joinStatistics(statistics.get(speakerOf(id)), own));
    });
    tf.dispose(input);
  }
  const scales = new Map([...statistics].map(([speaker, own]) => [speaker, scaleOf(own)]));
  const of = (id: string): Scale => {
    const found = scales.get(speakerOf(id));
    if (!found) throw new Error(`no statistics of the speaker of ${id}`);
    return found;
  };
  return {
    ...signals,
    async read(batch) {
      const input = featuresOf(await signals.read(batch));
      const normalized = normalizeRows(input, (row) => of(batch.ids[row] ?? batch.ids[0] ?? ''));
      input.features.dispose();
      return { features: normalized, mask: input.mask };
    },
  };
}

function featuresOf(signal: Signal): FeatureInput {
  if ('features' in signal) return signal;
  throw new InputError(
    'speakerNormalize: expected frames that stay the same: a pre-trained encoder with --tune=frozen on an ONNX engine, ' +
      'without speed, SpecAugment or layer drop',
  );
}

/** Statistics of each row's valid frames, [layers · features] each. */
function utteranceStatistics({ features, mask }: FeatureInput): FrameStatistics[] {
  const [depth, rows, frames, dim] = features.shape;
  const [values, valid] = [features.dataSync<'float32'>(), mask.dataSync<'float32'>()];
  return Array.from({ length: rows }, (_, row) => {
    const mean = new Float64Array(depth * dim);
    const squares = new Float64Array(depth * dim);
    let count = 0;
    for (let frame = 0; frame < frames; frame++) {
      if (valid[row * frames + frame] !== 1) continue;
      count++;
      for (let layer = 0; layer < depth; layer++) {
        const at = ((layer * rows + row) * frames + frame) * dim;
        for (let d = 0; d < dim; d++) {
          const i = layer * dim + d;
          // Welford's update: a small deviation is not lost beside a large mean.
          const value = values[at + d] ?? 0;
          const before = value - (mean[i] ?? 0);
          const after = (mean[i] ?? 0) + before / count;
          mean[i] = after;
          squares[i] = (squares[i] ?? 0) + before * (value - after);
        }
      }
    }
    return { count, mean, squares };
  });
}

/** Valid frames by the scale of their row; padded ones stay 0. */
function normalizeRows({ features, mask }: FeatureInput, scaleOf: (row: number) => Scale): tf.Tensor4D {
  const [depth, rows, frames, dim] = features.shape;
  const values = Float32Array.from(features.dataSync<'float32'>());
  const valid = mask.dataSync<'float32'>();
  for (let row = 0; row < rows; row++) {
    const { mean, deviation } = scaleOf(row);
    for (let layer = 0; layer < depth; layer++) {
      for (let frame = 0; frame < frames; frame++) {
        if (valid[row * frames + frame] !== 1) continue;
        const at = ((layer * rows + row) * frames + frame) * dim;
        for (let d = 0; d < dim; d++) {
          const i = layer * dim + d;
          values[at + d] = ((values[at + d] ?? 0) - (mean[i] ?? 0)) / (deviation[i] ?? 1);
        }
      }
    }
  }
  return tf.tensor4d(values, [depth, rows, frames, dim]);
}

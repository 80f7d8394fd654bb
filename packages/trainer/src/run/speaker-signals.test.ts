import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandomEncoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { tinyConfigs } from '../../../../tools/test-support/tiny-encoders';
import { pool } from '../baseline/probe';
import { poolBySpeaker } from '../baseline/speaker-pooled';
import type { BatchArrays } from '../data/assemble';
import { pooledStatistics } from '../model/fusion';
import type { FeatureInput } from '../model/model';
import { seeded } from '../random';
import { asFold } from '../record/run-files';
import { stampOf } from '../report/stamps';
import { tinyFold } from '../testing/tiny-fold';
import { runFold } from './fold';
import type { SignalSource } from './signal';
import { speakerSignals } from './speaker-signals';

const root = mkdtempSync(join(tmpdir(), 'ser-speaker-'));
const before = process.env['SER_CACHE'];
afterAll(() => {
  if (before === undefined) delete process.env['SER_CACHE'];
  else process.env['SER_CACHE'] = before;
  rmSync(root, { recursive: true, force: true });
});

const [depth, dim, longest] = [2, 3, 7] as const;
const lengths = new Map([...'abcdef'].map((id, i) => [id, 3 + (i % 5)]));
const speakerOf = (id: string): string => (id < 'd' ? 'one' : 'two');
const utterances = [...lengths.keys()].map((id) => ({ id, speaker: speakerOf(id) }));

/** Frames of an utterance, [layers, frames, features]: far from 0, so that float32 alone would lose the deviation. */
function framesOf(id: string): Float32Array {
  const random = seeded('frames', id);
  const offset = speakerOf(id) === 'one' ? 1000 : -3;
  return Float32Array.from({ length: depth * (lengths.get(id) ?? 0) * dim }, () => offset + random());
}

function batchOf(ids: readonly string[], size = ids.length): BatchArrays {
  const rows = Array.from({ length: size }, (_, row) => ids[row] ?? ids[0] ?? '');
  return {
    ids,
    size,
    samples: longest,
    waves: new Float32Array(size),
    lengths: Int32Array.from(rows, (id) => lengths.get(id) ?? 0),
    targets: new Float32Array(size),
    labels: new Int32Array(size),
    whole: ids.map(() => true),
  };
}

const plain: SignalSource = {
  batching: 'padded',
  batchBytes: () => 0,
  dispose: () => Promise.resolve(),
  read: ({ ids, size }) => {
    const values = new Float32Array(depth * size * longest * dim);
    const mask = new Float32Array(size * longest);
    for (let row = 0; row < size; row++) {
      const own = framesOf(ids[row] ?? ids[0] ?? '');
      const stride = own.length / depth;
      for (let layer = 0; layer < depth; layer++)
        values.set(own.subarray(layer * stride, (layer + 1) * stride), (layer * size + row) * longest * dim);
      mask.fill(1, row * longest, row * longest + stride / dim);
    }
    return Promise.resolve({
      features: tf.tensor4d(values, [depth, size, longest, dim]),
      mask: tf.tensor2d(mask, [size, longest]),
    });
  },
};

async function* each(batches: readonly BatchArrays[]): AsyncGenerator<BatchArrays> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

const read = async (signals: SignalSource, batch: BatchArrays): Promise<FeatureInput> => {
  const signal = await signals.read(batch);
  if (!('features' in signal)) throw new Error('waveforms');
  return signal;
};

test('the frames of each speaker have mean 0 and deviation 1, whatever the batches; padded frames are 0', async () => {
  const ids = [...'abcdef'];
  const halves = [batchOf(['f', 'a', 'c']), batchOf(['b', 'e', 'd'])];
  const signals = await speakerSignals(plain, each(halves), utterances);
  const others = await speakerSignals(plain, each(ids.map((id) => batchOf([id]))), utterances);
  const { features, mask } = await read(signals, batchOf(ids, 8));
  const values = features.arraySync();
  for (const speaker of ['one', 'two']) {
    for (let layer = 0; layer < depth; layer++) {
      for (let d = 0; d < dim; d++) {
        const column = ids.flatMap((id, row) =>
          speakerOf(id) === speaker
            ? (values[layer]?.[row] ?? []).slice(0, lengths.get(id)).map((frame) => frame[d] ?? NaN)
            : [],
        );
        const mean = column.reduce((sum, x) => sum + x / column.length, 0);
        const variance = column.reduce((sum, x) => sum + (x - mean) ** 2 / column.length, 0);
        expect(mean).toBeCloseTo(0, 3);
        expect(variance).toBeCloseTo(1, 3);
      }
    }
  }
  expect(values[1]?.[0]?.[lengths.get('a') ?? 0]).toEqual([0, 0, 0]);
  expect(values[0]?.[7]).toEqual(values[0]?.[0]); // a surplus row repeats the first
  const again = await read(others, batchOf(ids, 8));
  again.features.dataSync().forEach((value, i) => expect(value).toBeCloseTo(features.dataSync()[i] ?? NaN, 5));
  expect([...again.mask.dataSync()]).toEqual([...mask.dataSync()]);
});

test('a probe of such frames is what their pooled statistics come to', async () => {
  const ids = [...'abcdef'];
  const signals = await speakerSignals(plain, each([batchOf(ids)]), utterances);
  const { features, mask } = await read(signals, batchOf(ids));
  const expected = pooledStatistics(tf.unstack(features) as tf.Tensor3D[], mask).arraySync();
  const raw = new Map(
    ids.map((id) => {
      const frames = lengths.get(id) ?? 0;
      return [
        id,
        { speaker: speakerOf(id), frames, pooled: pool({ shape: [depth, frames, dim], data: framesOf(id) }) },
      ];
    }),
  );
  const found = poolBySpeaker(raw);
  ids.forEach((id, row) =>
    (found.get(id) ?? [])
      .flatMap((vector) => [...vector])
      .forEach((value, i) => expect(value).toBeCloseTo(expected[row]?.[i] ?? NaN, 2)),
  );
});

test('frames that change in training are refused', async () => {
  const waves: SignalSource = {
    ...plain,
    read: () => Promise.resolve({ waves: tf.zeros([1, 8]), lengths: tf.tensor1d([8], 'int32') }),
  };
  await expect(speakerSignals(waves, each([batchOf(['a'])]), utterances)).rejects.toThrow(
    /^speakerNormalize: expected frames that stay the same/,
  );
});

test('a fold is stamped, ends the same when it is interrupted, and differs from one without', async () => {
  process.env['SER_CACHE'] = join(root, 'cache');
  const run = async (name: string, speakerNormalize: boolean, stopAt = Infinity): Promise<string> => {
    const dir = join(root, name);
    const controller = new AbortController();
    const settings = {
      encoder: 'whisper',
      tune: 'frozen',
      layer: 'blocks',
      heads: 2,
      epochs: 2,
      fusion: 'probe',
    } as const;
    const job = await tinyFold(dir, { ...settings, speakerNormalize });
    const createEncoder = () => Promise.resolve(createRandomEncoder(tinyConfigs.whisper, seeded('encoder')));
    const step = ({ step }: { step: number }): void => (step >= stopAt ? controller.abort() : undefined);
    await runFold({ ...job, createEncoder, progress: { ...job.progress, step }, signal: controller.signal });
    return readFileSync(join(dir, 'predictions.jsonl'), 'utf8');
  };
  const whole = await run('whole', true);
  await expect(run('stopped', true, 5)).rejects.toThrow();
  expect(await run('stopped', true)).toBe(whole);
  expect(await run('without', false)).not.toBe(whole);
  const stamp = (name: string): string | undefined => {
    const result: unknown = JSON.parse(readFileSync(join(root, name, 'fold.json'), 'utf8'));
    return stampOf([asFold(result, name)]);
  };
  expect(stamp('whole')).toMatch(/^Normalised by speaker: .*\(--speaker-normalize\)\.$/);
  expect(stamp('without')).toBeUndefined();
}, 120_000);

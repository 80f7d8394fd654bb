import { readdir } from 'node:fs/promises';
import { testIf } from '../../../../tools/test-support/describe-if';
import { join } from 'node:path';
import * as ort from '@ser/onnx-jit/onnxruntime';
import * as tf from '@tensorflow/tfjs';
import { describeWith, readGolden, shared } from '../../../../tools/test-support/shared';
import { createRandomEncoder } from '../encoders/build-encoder';
import type { Encoder } from '../encoders/encoder';
import { loadFolder } from '../load/load-encoder';
import { roundFloat16 } from '../testing/round-float16';
import { readPcm16, type WaveGolden, type WhisperGolden } from '../testing/shared';
import { seeded, testWave, tinyConfigs, withFolder } from '../testing/tiny';
import { exportEncoder } from './export-encoder';
import { createFrozenEncoder } from './frozen-encoder';

beforeAll(() => tf.setBackend('cpu'));

/** Size of what differs, of the size of what was expected (root mean square). */
function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] ?? NaN;
    error += ((got[i] ?? NaN) - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(error / size);
}

async function layersOf(model: Uint8Array, wave: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  const { layers } = await session.run({
    waves: new ort.Tensor('float32', wave, [1, wave.length]),
    lengths: new ort.Tensor('int32', Int32Array.of(wave.length), [1]),
  });
  await session.release();
  if (!(layers?.data instanceof Float32Array)) throw new Error('no layers');
  return layers.data;
}

/** Every layer in float16, as a GPU rounds it and as the CPU runs the model, beside float32. */
async function compare(
  encoder: Encoder,
  waves: readonly Float32Array[],
): Promise<{ countOf: (op: string) => number; share: number }> {
  const single = exportEncoder(encoder, { layers: true });
  const half = exportEncoder(encoder, { layers: true, precision: 'float16' });
  const rounded = roundFloat16(half);
  for (const wave of waves) {
    const expected = await layersOf(single, wave);
    const size = expected.length / (encoder.layerCount + 1);
    const all = [await layersOf(rounded.model, wave), await layersOf(half, wave)];
    for (const got of all) {
      for (let layer = 0; layer <= encoder.layerCount; layer++) {
        const [from, to] = [layer * size, (layer + 1) * size];
        const error = relativeError(got.subarray(from, to), expected.subarray(from, to));
        expect(error).toBeLessThan(1e-2);
      }
    }
    expect(relativeError(all[0] ?? [], expected)).toBeGreaterThan(1e-6);
  }
  return { countOf: (op) => rounded.counts.get(op) ?? 0, share: rounded.bytes / single.length };
}

describeWith('models/whisper-tiny.en-encoder', 'Whisper tiny.en in float16', (folder) => {
  const golden = readGolden<WhisperGolden>(join(folder, 'golden.json'));
  const wav = shared(`data/ravdess-16k/Actor_01/${golden.wav}`);

  testIf(wav !== undefined, 'the recording of the golden values is not in ../shared/data')(
    'has the features of float32 within 1e-2, products, convolutions and GELUs in it',
    async () => {
      const encoder = await loadFolder(folder);
      const { countOf, share } = await compare(encoder, [readPcm16(wav ?? '')]);
      // Of each of the four blocks six linear layers and two products of attention.
      expect(countOf('Gemm') + countOf('MatMul') + countOf('FusedMatMul')).toBe(4 * 8);
      expect([countOf('Conv'), countOf('Gelu')]).toEqual([2, 2 + 4]);
      expect(share).toBeLessThan(0.6);
      encoder.dispose();
    },
    120_000,
  );
});

describe.each(['wavlm-base-tiny', 'wavlm-large-tiny', 'hubert-large-tiny'])('%s in float16', (name) => {
  describeWith(`golden/${name}`, 'beside float32', (folder) => {
    it('has its features within 1e-2', async () => {
      const encoder = await loadFolder(folder);
      const golden = readGolden<WaveGolden>(join(folder, 'golden.json'));
      const waves = golden.waves.map(({ data }) => Float32Array.from(data));
      const { countOf } = await compare(encoder, waves);
      expect(countOf('Gemm')).toBeGreaterThanOrEqual(6 * encoder.layerCount);
      expect(countOf('Conv')).toBeGreaterThan(5);
      encoder.dispose();
    }, 120_000);
  });
});

it('is compiled and cached beside float32', async () => {
  const random = seeded(5);
  const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, random);
  const wave = testWave(1800, random);
  await withFolder(async (cacheDir) => {
    const extract = async (precision: 'float32' | 'float16') => {
      const frozen = await createFrozenEncoder(encoder, { cacheDir, precision });
      const [features] = await frozen.extract([wave]);
      await frozen.dispose();
      return { data: features?.data ?? new Float32Array(), ...frozen.counts };
    };
    const single = await extract('float32');
    const half = await extract('float16');
    expect([single.computed, half.computed]).toEqual([1, 1]);
    expect((await extract('float16')).cached).toBe(1);
    expect((await extract('float32')).data).toEqual(single.data);
    expect(relativeError(half.data, single.data)).toBeLessThan(1e-2);
    expect((await readdir(join(cacheDir, 'onnx'))).filter((file) => file.endsWith('.onnx'))).toHaveLength(2);
  });
  encoder.dispose();
});

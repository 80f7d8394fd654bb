/** Features of frozen encoders, and folds that train on them, on the CPU and on WebGPU with one cache. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFrozenEncoder, createRandomEncoder } from '@ser/frontend-wavlm';
import { runFold } from '../../packages/trainer/src/run/fold';
import { tinyFold } from '../../packages/trainer/src/testing/tiny-fold';
import { openEngine } from '../../packages/trainer/src/training/engine';
import { largestDifference } from '../test-support/difference';
import { seeded } from '../test-support/seeded';
import { tinyConfigs } from '../test-support/tiny-encoders';

/** Of one encoder: how far WebGPU's features lie from the CPU's, and what a second run reads and computes. */
export interface Compared {
  readonly kind: string;
  readonly difference: number;
  readonly again: { readonly cached: number; readonly computed: number };
}

export interface FrozenReport {
  readonly features: readonly Compared[];
  /** Of each engine, the losses and predictions of a fold. */
  readonly folds: readonly { readonly losses: readonly number[]; readonly probabilities: readonly number[] }[];
  /** Files of features in the cache after each fold: every engine has its own. */
  readonly files: readonly number[];
}

const dir = mkdtempSync(join(tmpdir(), 'ser-webgpu-'));
process.env['SER_CACHE'] = join(dir, 'cache');
const random = seeded(3);
// Two batches of similar lengths, or one a length where padding is not allowed.
const waves = [1500, 2200, 2100, 1500, 640].map((length) => Float32Array.from({ length }, () => random() - 0.5));

async function compare(kind: keyof typeof tinyConfigs): Promise<Compared> {
  const encoder = createRandomEncoder(tinyConfigs[kind], seeded(kind.length));
  const extract = async (provider: 'cpu' | 'webgpu', batchSamples?: number) => {
    const frozen = await createFrozenEncoder(encoder, {
      provider,
      layers: 'all',
      ...(batchSamples === undefined ? {} : { batchSamples }),
    });
    const features = await frozen.extract(waves);
    await frozen.dispose();
    return { values: features.flatMap(({ data }) => [...data]), counts: frozen.counts };
  };
  const cpu = await extract('cpu', 1);
  const gpu = await extract('webgpu');
  const { counts: again } = await extract('webgpu');
  encoder.dispose();
  return { kind, difference: largestDifference(gpu.values, cpu.values), again };
}

async function fold(name: 'onnx-cpu' | 'onnx-webgpu') {
  const out = join(dir, name);
  const engine = await openEngine(name, 1);
  const settings = {
    encoder: 'whisper',
    tune: 'frozen',
    layer: 'weighted',
    epochs: 1,
    buckets: 1,
    stepsPerRun: 2,
  } as const;
  const job = { ...(await tinyFold(out, { ...settings, baseline: 'none' })), engine };
  await runFold({ ...job, createEncoder: () => Promise.resolve(createRandomEncoder(tinyConfigs.whisper, seeded(5))) });
  const rows = (file: string): unknown[] =>
    readFileSync(join(out, file), 'utf8')
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  return {
    losses: (rows('metrics.jsonl') as { loss: number }[]).map(({ loss }) => loss),
    probabilities: (rows('predictions.jsonl') as { probabilities: number[] }[]).flatMap((row) => row.probabilities),
  };
}

const files = (): number =>
  readdirSync(join(dir, 'cache', 'features'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.safetensors'),
  ).length;

try {
  await openEngine('onnx-cpu', 1);
  const features = [await compare('wavlmLarge'), await compare('hubertBase')];
  const before = files();
  const cpu = await fold('onnx-cpu');
  const between = files();
  const gpu = await fold('onnx-webgpu');
  const report: FrozenReport = { features, folds: [cpu, gpu], files: [between - before, files() - between] };
  console.log(`@report ${JSON.stringify(report)}`);
} finally {
  rmSync(dir, { recursive: true });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import * as ort from '@ser/onnx-jit/onnxruntime';
import { assembleBatch } from '../src/data/assemble';
import { bucketLengths, planEpoch, type Source } from '../src/data/plan';
import type { StoredWave } from '../src/data/waves';
import { openEngine } from '../src/training/engine';
import { openEncoder } from '../src/model/encoder';
import { seeded } from '../src/random';
import { runFold } from '../src/run/fold';
import { tinyFold } from '../src/testing/tiny-fold';

/** What the trainer adds to the computation itself: plans, batches, and the time of a step outside of ONNX Runtime. */

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const random = seeded('bench');
const sources: Source[] = Array.from({ length: 1200 }, (_, i) => ({
  id: `u${i}`,
  samples: 32_000 + Math.floor(32_000 * random()),
}));
const maxSamples = 6 * 16_000;
const buckets = bucketLengths(
  sources.map(({ samples }) => samples),
  maxSamples,
  4,
);
const options = {
  seed: 1,
  fold: 'bench',
  batchSize: 16,
  lengthGroup: 4,
  mix: 'eam',
  mixProbability: 0.5,
  minMixSeconds: 0.1,
  snrDb: [-5, 10],
  speed: [1, 1],
  maxSamples,
  buckets,
  batching: 'padded',
} as const;

const planTimes: number[] = [];
for (let epoch = 1; epoch <= 20; epoch++) {
  const start = performance.now();
  planEpoch(sources, { ...options, epoch });
  planTimes.push(performance.now() - start);
}
console.log(`plan of an epoch of ${sources.length} utterances: ${median(planTimes).toFixed(1)} ms`);

const waves = new Map(sources.map(({ id, samples }) => [id, new Float32Array(samples).fill(0.1)]));
const source = { classes: 8, wave: (id: string) => waves.get(id) ?? new Float32Array(0), label: () => 0 };
const batchTimes: number[] = [];
for (const plan of planEpoch(sources, { ...options, epoch: 1 })) {
  const start = performance.now();
  await assembleBatch(plan, source);
  batchTimes.push(performance.now() - start);
}
console.log(`a batch of 16 × 2–4 s, cut, mixed and padded: ${median(batchTimes).toFixed(1)} ms`);

// Steps of the log-mel encoder in a real fold, logs and batch thread included. ONNX Runtime's share is measured around
// its own call; everything else a step takes is the trainer's.
let inside = 0;
type Run = (this: ort.InferenceSession, ...args: unknown[]) => ReturnType<ort.InferenceSession['run']>;
const prototype = Reflect.get(ort.InferenceSession, 'prototype') as { run: Run }; // a class, though its type hides it
const { run } = prototype;
prototype.run = async function (...args) {
  const start = performance.now();
  try {
    return await run.apply(this, args);
  } finally {
    inside += performance.now() - start;
  }
};

const dir = mkdtempSync(join(tmpdir(), 'ser-bench-'));
const batchSize = 16;
const batches = 6;
const epochs = 4;
try {
  writeFileSync(join(dir, 'embeddings-before.jsonl'), '');
  const tiny = await tinyFold(dir, {
    epochs,
    hiddenSize: 128,
    heads: 16,
    projection: 64,
    batchSize,
    checkpointEvery: 0,
  });
  const [first] = tiny.fold.train;
  if (!first) throw new Error('no utterance');
  const threeSeconds = new Map<string, StoredWave>();
  const noises = Array.from({ length: batchSize }, (_, i) => noise(i));
  const utterances = Array.from({ length: batchSize * (batches + 1) }, (_, i) => {
    const id = `n${i}`;
    threeSeconds.set(id, { id, audio: `${id}.wav`, trimStart: 0, samples: 48_000, shared: noises[i % batchSize] });
    return { ...first, id, label: tiny.labels[i % 2] ?? '' };
  });
  const fold = { ...tiny.fold, train: utterances.slice(batchSize), test: utterances.slice(0, batchSize) };
  const steps: { total: number; outside: number }[] = [];
  let last = { time: performance.now(), inside };
  const step = (): void => {
    const time = performance.now();
    steps.push({ total: time - last.time, outside: time - last.time - (inside - last.inside) });
    last = { time, inside };
  };
  await runFold({
    ...tiny,
    fold,
    waves: threeSeconds,
    engine: await openEngine('onnx-cpu'),
    createEncoder: openEncoder({ encoder: 'logmel', hiddenSize: 128, seed: 1 }),
    progress: { ...tiny.progress, step },
  });
  // Not the first epoch, which compiles, and not the first step of an epoch, which has the checkpoint before it.
  const steady = steps.filter((_, i) => i >= batches && i % batches > 0);
  const total = median(steady.map((s) => s.total));
  const outside = median(steady.map((s) => s.outside));
  console.log(
    `log-mel step, batch 16 × 3 s: ${total.toFixed(0)} ms, ${outside.toFixed(1)} ms (${((100 * outside) / total).toFixed(1)} %; target under 3 %) outside of ONNX Runtime`,
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function noise(seed: number): SharedArrayBuffer {
  const uniform = seeded('wave', seed);
  const shared = new SharedArrayBuffer(4 * 48_000);
  new Float32Array(shared).forEach((_, i, wave) => (wave[i] = uniform() - 0.5));
  return shared;
}

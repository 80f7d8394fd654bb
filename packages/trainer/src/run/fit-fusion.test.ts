import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fitProbe, pool, predict } from '../baseline/probe';
import { decide, forward } from '../model/model';
import { pooledStatistics } from '../model/fusion';
import { tinyFold } from '../testing/tiny-fold';
import { runFold } from './fold';
import { openFold } from './open-fold';
import { fitFusion } from './fit-fusion';

const root = mkdtempSync(join(tmpdir(), 'ser-start-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('statistics are means and deviations of the valid frames, whatever stands on padded frames', () => {
  const own = [
    [1, 5],
    [2, 5],
    [4, 5],
  ];
  const layer = tf.tensor3d([[...own, [77, 77]]]);
  const mask = tf.tensor2d([[1, 1, 1, 0]]);
  const [expected] = pool({ shape: [1, 3, 2], data: Float32Array.from(own.flat()) });
  const found = pooledStatistics([layer], mask).dataSync();
  expected?.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 3));
});

test('what a model says is the mean of its own probabilities and of the probe, whose encoder does not learn', async () => {
  const job = await tinyFold(join(root, 'a'), { fusion: 'probe', layer: 'weighted' });
  const fold = await openFold(job);
  await fitFusion(fold);
  for (const { group, variable } of fold.model.trainable)
    if (group === 'encoder') variable.assign(tf.tidy(() => tf.add(tf.mul(variable, 0.5), 0.1)));
  const untuned = await job.createEncoder();
  const pooled = new Map<string, readonly Float32Array[]>();
  const said = new Map<string, number[]>();
  const own = new Map<string, number[]>();
  for (const { id } of [...fold.train, ...job.fold.test]) {
    const wave = new Float32Array(job.waves.get(id)?.shared ?? new SharedArrayBuffer(0));
    const input = { waves: tf.tensor2d(wave, [1, wave.length]), lengths: tf.tensor1d([wave.length], 'int32') };
    const layers = untuned.apply(input, { layers: true }).layers ?? [];
    pooled.set(
      id,
      layers.map((layer) => {
        const [, frames = 0, dim = 0] = layer.shape;
        return pool({ shape: [1, frames, dim], data: layer.dataSync<'float32'>() })[0] ?? new Float32Array();
      }),
    );
    const output = forward(fold.model, input);
    said.set(id, [...tf.softmax(decide(fold.model, input, output)).dataSync()]);
    own.set(id, [...tf.softmax(output.logits).dataSync()]);
  }
  const options = {
    labels: job.labels,
    groupOf: ({ speaker }: { speaker: string }) => speaker,
    pooled: ({ id }: { id: string }) => pooled.get(id) ?? [],
    threads: 1,
  };
  const probe = await fitProbe(fold.train, [[0, 1]], options);
  const expected = predict(probe, job.fold.test, options);
  job.fold.test.forEach(({ id }, i) => {
    expected[i]?.forEach((value, k) =>
      expect(said.get(id)?.[k]).toBeCloseTo((value + (own.get(id)?.[k] ?? NaN)) / 2, 3),
    );
  });
  const learning = new Set(fold.model.trainable.map(({ name }) => name));
  expect([...learning].filter((name) => name.startsWith('probe.'))).toEqual([]);
  untuned.dispose();
  await fold.close();
});

test('interrupted and resumed, it ends as it would have ended', async () => {
  const run = async (name: string, stopAt = Infinity): Promise<string[]> => {
    const dir = join(root, name);
    const controller = new AbortController();
    const job = await tinyFold(dir, { fusion: 'probe', dropout: 0.2, epochs: 2 });
    const step = ({ step }: { step: number }): void => (step >= stopAt ? controller.abort() : undefined);
    await runFold({ ...job, progress: { ...job.progress, step }, signal: controller.signal });
    return ['model.safetensors', 'predictions.jsonl'].map((file) => readFileSync(join(dir, file)).toString('base64'));
  };
  const whole = await run('whole');
  await expect(run('stopped', 5)).rejects.toThrow();
  expect(await run('stopped')).toEqual(whole);
}, 60_000);

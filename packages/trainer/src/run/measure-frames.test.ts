import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { batchStatistics, joinStatistics, type FrameStatistics } from '../model/standardize';
import { readTensorFile } from '../record/tensor-file';
import { tinyFold } from '../testing/tiny-fold';
import { runFold } from './fold';
import { measureFrames } from './measure-frames';
import { openFold } from './open-fold';

const root = mkdtempSync(join(tmpdir(), 'ser-frames-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Mean and sum of squared deviations of rows [frames][features], in float64. */
function plainly(rows: readonly (readonly number[])[]): { mean: number[]; squares: number[] } {
  const dim = rows[0]?.length ?? 0;
  const mean = Array.from({ length: dim }, (_, d) => rows.reduce((sum, row) => sum + (row[d] ?? 0), 0) / rows.length);
  const squares = mean.map((m, d) => rows.reduce((sum, row) => sum + ((row[d] ?? 0) - m) ** 2, 0));
  return { mean, squares };
}

test('statistics of batches join to those of all valid frames, also beside a large mean', () => {
  const batches = [3, 1, 4].map((valid, b) =>
    Array.from({ length: 5 }, (_, t) => [1000 + Math.sin(b + 2 * t), t < valid ? b : NaN]),
  );
  let all: FrameStatistics | undefined;
  const kept: number[][] = [];
  batches.forEach((frames, b) => {
    const valid = [3, 1, 4][b] ?? 0;
    kept.push(...frames.slice(0, valid));
    // Padding may hold any finite value.
    const padded = frames.map((row) => row.map((x) => (Number.isNaN(x) ? 77 : x)));
    const mask = tf.tensor2d([padded.map((_, t) => (t < valid ? 1 : 0))]);
    const { count, mean, squares } = batchStatistics([tf.tensor3d([padded])], mask);
    all = joinStatistics(all, {
      count: count.dataSync()[0] ?? 0,
      mean: Float64Array.from(mean.dataSync()),
      squares: Float64Array.from(squares.dataSync()),
    });
  });
  const expected = plainly(kept);
  expect(all?.count).toBe(8);
  expected.mean.forEach((m, d) => expect(all?.mean[d]).toBeCloseTo(m, 3));
  expected.squares.forEach((s, d) => expect(all?.squares[d]).toBeCloseTo(s, 2));
});

test('a fold measures its training side alone, does not learn what it measures, and keeps it in the model', async () => {
  const job = await tinyFold(join(root, 'a'), { standardize: true, start: 'linear', epochs: 1, validationGroups: 1 });
  const fold = await openFold(job);
  await measureFrames(fold);
  const rows = (
    await Promise.all(
      fold.train.map(async ({ id }) => {
        const stored = job.waves.get(id);
        const wave = new Float32Array(stored?.shared ?? new SharedArrayBuffer(0));
        const waves = tf.tensor2d(wave, [1, wave.length]);
        const { frames } = fold.encoder.apply({ waves, lengths: tf.tensor1d([wave.length], 'int32') });
        return (await frames.array())[0] ?? [];
      }),
    )
  ).flat();
  const { mean, squares } = plainly(rows);
  const measured = ['mean', 'deviation'].map((name) => fold.model.head.get(`standard.${name}`)?.dataSync());
  mean.forEach((m, d) => expect(measured[0]?.[d]).toBeCloseTo(m, 4));
  squares.forEach((s, d) => expect(measured[1]?.[d]).toBeCloseTo(Math.sqrt(s / rows.length), 4));
  expect(fold.model.trainable.some(({ name }) => name.startsWith('standard.'))).toBe(false);
  await fold.close();

  await runFold(
    await tinyFold(join(root, 'b'), { standardize: true, start: 'linear', epochs: 1, validationGroups: 1 }),
  );
  const file = await readTensorFile(join(root, 'b', 'model.safetensors'));
  if ('damage' in file) throw new Error(file.damage);
  mean.forEach((m, d) => expect(file.tensors.get('standard.mean')?.data[d]).toBeCloseTo(m, 4));
});

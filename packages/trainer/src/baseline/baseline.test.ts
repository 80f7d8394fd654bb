import type { Utterance } from '@ser/datasets';
import { seeded, normal } from '../random';
import { classify, logisticRegression, type Table } from './logistic-regression';
import { minimize } from './minimize';
import { fitProbe, layerSets, pool, predict } from './probe';

test('the minimum of a badly scaled quadratic and of Rosenbrock in a valley', async () => {
  const scales = Float64Array.from({ length: 20 }, (_, i) => 10 ** (i / 5));
  const quadratic = async (x: Float64Array) => ({
    value: x.reduce((sum, xi, i) => sum + (scales[i] ?? 0) * (xi - i) ** 2, 0),
    gradient: x.map((xi, i) => 2 * (scales[i] ?? 0) * (xi - i)),
  });
  const found = await minimize(quadratic, new Float64Array(20), { tolerance: 1e-8, iterations: 1000 });
  found.forEach((value, i) => expect(value).toBeCloseTo(i, 8));
  const rosenbrock = async ([x = 0, y = 0]: Float64Array) => ({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
  });
  const valley = await minimize(rosenbrock, Float64Array.of(-1.2, 1), { tolerance: 1e-8, iterations: 200 });
  expect(valley[0]).toBeCloseTo(1, 6);
  expect(valley[1]).toBeCloseTo(1, 6);
});

function clouds(rows: number, seed: string): { table: Table; labels: number[] } {
  const random = seeded(seed);
  const labels = Array.from({ length: rows }, (_, i) => i % 3);
  const values = Float32Array.from(
    labels.flatMap((label) => [
      normal(random) + 2 * Number(label === 1),
      100 + 10 * normal(random) + 20 * Number(label === 2),
      7,
    ]),
  );
  return { table: { rows, columns: 3, values }, labels };
}

test('logistic regression is at its optimum, and a constant column changes nothing', async () => {
  const { table, labels } = clouds(90, 'train');
  const options = { strength: 0.5, classes: 3, threads: 1 };
  const p = classify(await logisticRegression(table, labels, options), table);
  // At the optimum the intercepts are free: Σ (p − y) = 0 for every class.
  for (let k = 0; k < 3; k++) {
    const sum = p.reduce((total, row, i) => total + (row[k] ?? 0) - Number(labels[i] === k), 0);
    expect(Math.abs(sum)).toBeLessThan(0.02);
  }
  p.forEach((row) => expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12));
  const right = p.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
  expect(right).toBeGreaterThan(60);
  const scaled = { ...table, values: table.values.map((x, i) => (i % 3 === 0 ? 1000 * x : x)) };
  const other = classify(await logisticRegression(scaled, labels, options), scaled);
  other.forEach((row, i) => row.forEach((value, k) => expect(value).toBeCloseTo(p[i]?.[k] ?? NaN, 2)));
});

test('layers that are tried: the last, three quarters up, some of the upper ones together, some of all', () => {
  expect(layerSets(4)).toEqual([[4], [3], [2, 3, 4], [1, 2, 3, 4]]);
  expect(layerSets(12)).toEqual([[12], [9], [4, 7, 9, 12], [1, 5, 8, 12]]);
  expect(layerSets(24)).toEqual([[24], [18], [7, 13, 18, 24], [1, 9, 16, 24]]);
  expect(layerSets(1)).toEqual([[1]]);
});

test('mean and deviation of frames by layer', () => {
  const pooled = pool({ shape: [2, 3, 1], data: Float32Array.of(1, 2, 3, 5, 5, 5) });
  expect(pooled[0]?.[0]).toBeCloseTo(2, 6);
  expect(pooled[0]?.[1]).toBeCloseTo(Math.sqrt(2 / 3), 6);
  expect([...(pooled[1] ?? [])]).toEqual([5, 0]);
});

test('the probe chooses the layer that generalises over speakers', async () => {
  const random = seeded('probe');
  const utterances = Array.from({ length: 96 }, (_, i): Utterance => {
    return { id: String(i), audio: '', label: i % 2 === 0 ? 'calm' : 'upset', speaker: `s${Math.floor(i / 12)}` };
  });
  const pooled = new Map(
    utterances.map(({ id, label, speaker }) => {
      const sign = label === 'calm' ? 1 : -1;
      // Layer 4 tells the classes apart; layer 3 does so with another sign for every second speaker.
      const flip = Number(speaker.slice(1)) % 2 === 0 ? 1 : -1;
      const layer = (value: number) => Float32Array.of(value + 0.5 * normal(random), normal(random));
      return [id, [layer(0), layer(0), layer(0), layer(3 * flip * sign), layer(2 * sign)]];
    }),
  );
  const test = utterances.filter(({ speaker }) => speaker === 's7');
  const train = utterances.filter(({ speaker }) => speaker !== 's7');
  const options = {
    labels: ['calm', 'upset'],
    groupOf: ({ speaker }: Utterance) => speaker,
    pooled: ({ id }: Utterance) => pooled.get(id) ?? [],
    threads: 1,
  };
  const result = await fitProbe(train, layerSets(4), options);
  expect(await fitProbe([...train], layerSets(4), options)).toBe(result);
  expect(result.layers).toContain(4);
  expect(result.innerAccuracy).toBeGreaterThan(0.9);
  const probabilities = predict(result, test, options);
  const right = probabilities.filter((row, i) => (row[0] ?? 0) > 0.5 === (test[i]?.label === 'calm')).length;
  expect(right / test.length).toBeGreaterThan(0.9);
  // Any of what it is fitted to may change.
  const relabelled = train.map((one, i) => (i === 0 ? { ...one, label: 'upset' } : one));
  const louder = { ...options, pooled: (one: Utterance) => options.pooled(one).map((row) => row.map((x) => 1.5 * x)) };
  const loosely = { ...options, groupOf: ({ id }: Utterance) => id };
  for (const other of [
    fitProbe(relabelled, [[4]], options),
    fitProbe(train, [[4]], louder),
    fitProbe(train, [[4]], loosely),
  ])
    expect(await other).not.toBe(await fitProbe(train, [[4]], options));
});

import * as tf from '@tensorflow/tfjs';
import { biasCorrections } from '@ser/onnx-jit';
import { defaults } from '../config/schema';
import { openEngine } from './engine';
import { createModel, disposeModel, forward, type Model } from '../model/model';
import { tinyEncoder } from '../model/tiny-encoder';
import { seeded } from '../random';
import { createOptimizerState, forgetMoments, rawLosses, trainStep, type StepInput, type StepSettings } from './step';

const classes = 3;
const settings = { ...defaults, encoder: 'logmel', tune: 'all', heads: 2, projection: 4 } as const;

function tinyModel(overrides: Partial<typeof defaults> = {}): Model {
  const encoder = tinyEncoder(4, seeded(1, 'encoder'));
  return createModel({ ...settings, ...overrides }, { encoder }, classes, seeded(1, 'model'));
}

function tinyInput(step: number, rate = 1e-2, classWeights?: readonly number[]): StepInput {
  const random = seeded(7, 'wave', step);
  const [rows, samples] = [3, 3200];
  const lengths = [3200, 2400, 3200];
  const waves = Float32Array.from({ length: rows * samples }, (_, i) =>
    i % samples < (lengths[Math.floor(i / samples)] ?? 0) ? random() - 0.5 : 0,
  );
  const { scale, floor } = biasCorrections(Math.max(1, step));
  return {
    waves: tf.tensor2d(waves, [rows, samples]),
    lengths: tf.tensor1d(lengths, 'int32'),
    targets: tf.tensor2d([
      [1, 0, 0],
      [0.2, 0.8, 0],
      [0.9, 0, 0.1],
    ]),
    labels: tf.tensor1d([0, 1, 0], 'int32'),
    lambdas: tf.tensor1d([1, 0.5, 0.25, 0.5]),
    ...(classWeights ? { classWeights: tf.tensor1d([...classWeights]) } : {}),
    rates: tf.tensor1d([rate, 2 * rate, 0.5 * rate]),
    adam: tf.tensor1d([scale, floor, 0.1]),
  };
}

async function train(
  engineName: 'onnx-cpu' | 'tfjs-cpu',
  steps: number,
  overrides: Partial<typeof defaults> = {},
): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const engine = await openEngine(engineName, 1);
  const model = tinyModel(overrides);
  const state = createOptimizerState(model, true);
  const stepSettings: StepSettings = { ...settings, ...overrides };
  const step = engine.compile((input: StepInput) => trainStep(model, state, stepSettings, input));
  const losses: number[] = [];
  for (let i = 1; i <= steps; i++) {
    const { total, raw } = await step(tinyInput(i, 1e-2, overrides.classWeights && [0.5, 1, 4]));
    losses.push(...(await total.data()), ...(await raw.data()));
  }
  await step.sync();
  const all = [...model.trainable.map(({ name, variable }) => [name, variable] as const), ...state];
  const weights = new Map(all.map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]));
  await step.dispose();
  disposeModel(model);
  return { losses, weights };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? NaN))), 0);
}

describe('trainStep', () => {
  test.each([
    {},
    { clipNorm: 0.5, weightDecay: 0.1 },
    { classWeights: 'balanced' as const },
    { pool: 'mean' as const, layer: 'weighted', classifier: 'utterance' as const },
  ])('the compiled step makes the losses and weights of the eager one: %j', async (overrides) => {
    const eager = await train('tfjs-cpu', 3, overrides);
    const compiled = await train('onnx-cpu', 3, overrides);
    expect(largestDifference(compiled.losses, eager.losses)).toBeLessThan(1e-4);
    expect([...compiled.weights.keys()]).toEqual([...eager.weights.keys()]);
    for (const [name, values] of eager.weights) {
      // Softmax does not see a constant added to all scores: the true gradient of the key bias is 0, and Adam scales
      // the rounding error that is there instead to full steps. Its moments are compared, its value means nothing.
      if (name === 'pool.keyBias' || name === 'average.pool.keyBias') continue;
      // Against the largest value: moments are sums over a thousand steps' squares.
      const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
      const error = largestDifference(compiled.weights.get(name) ?? [], values) / largest;
      expect({ name, close: error < 1e-3, error }).toEqual({ name, close: true, error });
    }
  });

  test('the gradient that reaches a parameter is that of the weighted loss (finite differences)', async () => {
    await openEngine('tfjs-cpu');
    const model = tinyModel();
    const input = tinyInput(1);
    const loss = (): tf.Scalar => {
      const raw = rawLosses(model, forward(model, input), input.targets, input.labels, settings);
      return tf.sum(tf.mul(tf.stack(raw), input.lambdas));
    };
    const { grads } = tf.variableGrads(
      loss,
      model.trainable.map(({ variable }) => variable),
    );
    for (const { name, variable } of model.trainable) {
      const at = Math.floor(variable.size / 2);
      const values = Float32Array.from(variable.dataSync());
      const evaluate = (delta: number): number => {
        const moved = values.slice();
        moved[at] = (moved[at] ?? 0) + delta;
        variable.assign(tf.tensor(moved, variable.shape));
        return tf.tidy(() => loss().dataSync()[0] ?? NaN);
      };
      const h = 1e-2;
      const numeric = (evaluate(h) - evaluate(-h)) / (2 * h);
      evaluate(0);
      const analytic = grads[variable.name]?.dataSync()[at] ?? NaN;
      expect({ name, relative: Math.abs(numeric - analytic) / (Math.abs(analytic) + 0.05) < 0.05 }).toEqual({
        name,
        relative: true,
      });
    }
    disposeModel(model);
  });

  test('measuring (rates 0, moments forgotten) changes nothing', async () => {
    const engine = await openEngine('onnx-cpu', 1);
    const model = tinyModel();
    const state = createOptimizerState(model, true);
    const step = engine.compile((input: StepInput) => trainStep(model, state, settings, input));
    const all = [...model.trainable.map(({ variable }) => variable), ...state.values()];
    const before = all.map((variable) => Float32Array.from(variable.dataSync()));
    await step({ ...tinyInput(0, 0) });
    await step.sync();
    forgetMoments(state);
    all.forEach((variable, i) => expect(Float32Array.from(variable.dataSync())).toEqual(before[i]));
    await step.dispose();
    disposeModel(model);
  });

  test('learning lowers the loss', async () => {
    const { losses } = await train('onnx-cpu', 20);
    const totals = losses.filter((_, i) => i % 5 === 0);
    expect(totals.at(-1)).toBeLessThan(0.8 * (totals[0] ?? 0));
  });
});

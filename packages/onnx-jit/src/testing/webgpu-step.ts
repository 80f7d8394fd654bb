import * as tf from '@tensorflow/tfjs';
import { jit } from '../jit';
import type { Provider } from '../lower/call';
import { conv1d } from '../ops/conv1d';
import { gelu } from '../ops/gelu';
import { instanceNorm } from '../ops/instance-norm';
import { layerNorm } from '../ops/layer-norm';
import { recompute } from '../ops/recompute';
import { placementsOf, type Placed } from './placement';
import { exactly, floats, makeTensor } from './sample';

/** Losses and final weights of a few training steps, and where the nodes of the step ran. */
export interface StepReport {
  readonly losses: readonly number[];
  readonly weights: readonly number[];
  /** Whether the variables still held their first values before `sync`. */
  readonly stayed: boolean;
  readonly placed: readonly Placed[];
  /** What a function gives that reads a variable of 1 three times, of 2 after it was assigned, and after `sync`. */
  readonly unchanged: readonly number[];
}

const [batch, samples, channels, heads, classes] = [2, 41, 8, 2, 3];

/**
 * Training steps of a small speech model: convolutions, norms, attention, pooling, several losses and Adam.
 *
 * @param together whether they run in one call
 */
export async function runStep(provider: Provider, together: boolean, steps = 4): Promise<StepReport> {
  await tf.setBackend('cpu');
  let seed = 1;
  const weight = (...shape: number[]): tf.Variable => tf.variable(makeTensor(floats(shape, -0.4, 0.4), seed++));
  const ones = (n: number): tf.Variable => tf.variable(tf.ones([n]));
  const zeros = (n: number): tf.Variable => tf.variable(tf.zeros([n]));
  const w = {
    first: weight(channels, 1, 5),
    second: weight(channels, channels, 3),
    positional: weight(channels, channels / 2, 4),
    scale: ones(channels),
    shift: zeros(channels),
    gamma: ones(channels),
    beta: zeros(channels),
    query: weight(channels, channels),
    key: weight(channels, channels),
    value: weight(channels, channels),
    bias: zeros(channels),
    up: weight(channels, 2 * channels),
    down: weight(2 * channels, channels),
    pool: weight(channels, 1),
    output: weight(channels, classes),
    centers: weight(classes, channels),
  };
  const variables = Object.values(w);
  const moments = variables.map((v) => ({ m: tf.variable(tf.zerosLike(v)), v: tf.variable(tf.zerosLike(v)) }));

  const forward = (waves: tf.Tensor, mask: tf.Tensor, labels: tf.Tensor): tf.Scalar => {
    const x = conv1d(tf.reshape(waves, [batch, 1, samples]), w.first as tf.Tensor3D, { stride: 3 });
    const y = gelu(instanceNorm(x, w.scale as tf.Tensor1D, w.shift as tf.Tensor1D));
    const z = gelu(conv1d(y, w.second as tf.Tensor3D, { stride: 2 }));
    const time = z.shape[2];
    const position = conv1d(z, w.positional as tf.Tensor3D, { padding: 2, groups: 2 });
    const summed = tf.add(z, tf.slice(position, [0, 0, 0], [-1, -1, time]));
    const frames = layerNorm(tf.transpose(summed, [0, 2, 1]), w.gamma, w.beta);
    const split = (p: tf.Variable): tf.Tensor4D => {
      const rows = tf.add(tf.matMul(tf.reshape(frames, [batch * time, channels]), p as tf.Tensor2D), w.bias);
      return tf.transpose(tf.reshape(rows, [batch, time, heads, channels / heads]), [0, 2, 1, 3]);
    };
    const blocked = tf.mul(tf.sub(1, tf.reshape(mask, [batch, 1, 1, time])), -1e9);
    const scores = tf.add(tf.matMul(split(w.query), split(w.key), false, true), blocked);
    const attended = tf.reshape(
      tf.transpose(tf.matMul(tf.softmax(scores), split(w.value)), [0, 2, 1, 3]),
      frames.shape,
    );
    const fed = recompute(
      (t, up, down) =>
        tf.matMul(gelu(tf.matMul(tf.reshape(t!, [-1, channels]), up as tf.Tensor2D)), down as tf.Tensor2D),
      [tf.add(frames, attended), w.up, w.down],
    );
    const out = tf.add(tf.add(frames, attended), tf.reshape(fed, frames.shape));
    const gates = tf.reshape(tf.matMul(tf.reshape(out, [-1, channels]), w.pool as tf.Tensor2D), [batch, time]);
    const weights = tf.softmax(tf.where(tf.greater(mask, 0.5), gates, tf.fill([batch, time], -1e9)));
    const pooled: tf.Tensor2D = tf.sum(tf.mul(out, tf.expandDims(weights, 2)), 1);
    const hot = tf.oneHot(labels as tf.Tensor1D, classes);
    const logProbabilities = tf.logSoftmax(tf.matMul(pooled, w.output as tf.Tensor2D));
    const crossEntropy = tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(hot, 'float32'), logProbabilities), 1)));
    const centre = tf.mean(
      tf.sum(tf.square(tf.sub(pooled, tf.matMul(tf.cast(hot, 'float32'), w.centers as tf.Tensor2D))), 1),
    );
    const length = tf.sqrt(tf.add(tf.sum(tf.square(out), 2, true), 1e-6));
    const rows: tf.Tensor2D = tf.reshape(tf.div(out, length), [batch * time, channels]);
    const index = tf.range(0, batch * time, 1, 'int32');
    const self = tf.cast(tf.equal(tf.reshape(index, [-1, 1]), tf.reshape(index, [1, -1])), 'float32');
    const similar = tf.sub(tf.matMul(rows, rows, false, true), tf.mul(self, 1e9));
    const contrast = tf.mean(tf.sub(tf.logSumExp(similar, 1), tf.sum(tf.mul(similar, tf.sub(1, self)), 1)));
    return tf.addN([crossEntropy, tf.mul(centre, 0.1), tf.mul(contrast, 0.01)]) as tf.Scalar;
  };

  let report: StepReport | undefined;
  const placed = await placementsOf(async (profile) => {
    const step = jit(
      ({ waves, mask, labels, rate }: { waves: tf.Tensor; mask: tf.Tensor; labels: tf.Tensor; rate: tf.Tensor }) => {
        const { value, grads } = tf.variableGrads(() => forward(waves, mask, labels), variables);
        variables.forEach((variable, i) => {
          const gradient = grads[variable.name];
          const moment = moments[i];
          if (!gradient || !moment) return;
          moment.m.assign(tf.add(tf.mul(moment.m, 0.9), tf.mul(gradient, 0.1)));
          moment.v.assign(tf.add(tf.mul(moment.v, 0.99), tf.mul(tf.square(gradient), 0.01)));
          variable.assign(tf.sub(variable, tf.mul(rate, tf.div(moment.m, tf.add(tf.sqrt(moment.v), 1e-4)))));
        });
        return { loss: value };
      },
      { provider, profile, threads: 1 },
    );
    const time = Math.floor((Math.floor((samples - 5) / 3) + 1 - 3) / 2) + 1;
    const inputs = {
      waves: makeTensor(floats([batch, samples]), 50),
      mask: makeTensor(
        exactly([...Array<number>(time).fill(1), ...Array<number>(time - 2).fill(1), 0, 0], [batch, time]),
        1,
      ),
      labels: tf.tensor1d([0, 2], 'int32'),
      rate: tf.scalar(0.02),
    };
    const start = Array.from(w.query.dataSync());
    const losses: number[] = [];
    if (together) {
      const results = await step.many(Array.from({ length: steps }, (): [typeof inputs] => [inputs]));
      losses.push(...results.map(({ loss }) => loss.dataSync()[0] ?? NaN));
    } else {
      for (let i = 0; i < steps; i++) losses.push((await step(inputs)).loss.dataSync()[0] ?? NaN);
    }
    const stayed = w.query.dataSync().every((n, i) => n === start[i]);
    await step.sync();
    report = {
      losses,
      weights: Array.from(w.query.dataSync()),
      stayed,
      placed: [],
      unchanged: await readUnchanged(provider),
    };
    await step.dispose();
  });
  if (!report) throw new Error('the step did not run');
  return { ...report, placed };
}

/** A variable that no run changes lies on the GPU from the first run on, and must follow what is assigned outside. */
async function readUnchanged(provider: Provider): Promise<number[]> {
  const [matrix, small] = [tf.variable(tf.ones([40, 50])), tf.variable(tf.ones([1]))];
  const sum = jit(({ x }: { x: tf.Tensor }) => tf.add(tf.sum(tf.mul(matrix, x)), small), { provider, threads: 1 });
  const x = tf.scalar(1);
  const values: number[] = [];
  const read = async (): Promise<void> => {
    const result = await sum({ x });
    values.push(result.dataSync()[0] ?? NaN);
    result.dispose();
  };
  for (let i = 0; i < 3; i++) await read();
  matrix.assign(tf.fill([40, 50], 2));
  await read();
  await sum.sync();
  await read();
  await sum.dispose();
  tf.dispose([matrix, small, x]);
  return values;
}

// Started by itself in a process of its own: a driver that fails takes the process with it.
const [, script = '', words = ''] = process.argv;
const [provider = '', together = ''] = words.split(' ');
if (/webgpu-step\.[cm]?[jt]s$/.test(script)) {
  const report = await runStep(provider as Provider, together === 'together');
  process.stdout.write(`\n@report ${JSON.stringify(report)}\n`);
}

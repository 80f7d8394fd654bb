import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { minimize } from './minimize';

/** Rows of features, one after the other. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  /** [rows · columns], row-major. */
  readonly values: Float32Array;
}

export interface LogisticOptions {
  /** C: how much the data count against small weights, as in scikit-learn; larger is less regularised. */
  readonly strength: number;
  readonly classes: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A linear model of standardised columns: softmax(((x − mean) / deviation) W + intercepts). */
export interface LinearModel {
  readonly columns: number;
  /** W [columns, classes], row-major. */
  readonly weights: Float64Array;
  /** [classes]. */
  readonly intercepts: Float64Array;
  /** [columns]. */
  readonly mean: Float64Array;
  /** [columns], infinite where a column never changed. */
  readonly deviation: Float64Array;
}

/**
 * Multinomial logistic regression with an L2 penalty on the weights, not on the intercepts:
 *
 *     minimise C Σ −log softmax(x W + b)_y + ½ ‖W‖²,   every column of x at mean 0 and deviation 1 over the rows.
 *
 * @param labels [rows] class indices
 */
export async function logisticRegression(
  train: Table,
  labels: readonly number[],
  options: LogisticOptions,
): Promise<LinearModel> {
  const { strength, classes, threads, signal } = options;
  const scaling = scalingOf(train);
  const { columns, rows } = train;
  const size = columns * classes;

  const x = tf.tensor2d(scaled(train, scaling), [rows, columns]);
  const targets = tf.tidy(() => tf.oneHot(tf.tensor1d([...labels], 'int32'), classes).toFloat() as tf.Tensor2D);
  /** Data term and its gradients; the penalty is added outside, in float64. */
  const step = jit(
    (weights: tf.Tensor2D, bias: tf.Tensor1D, inputs: tf.Tensor2D, wanted: tf.Tensor2D) => {
      const loss = (w: tf.Tensor, b: tf.Tensor): tf.Scalar =>
        tf.neg(tf.sum<tf.Scalar>(tf.mul(tf.logSoftmax(tf.add(tf.matMul(inputs, w as tf.Tensor2D), b)), wanted)));
      const { value, grads } = tf.valueAndGrads(loss)([weights, bias]);
      const [forWeights, forBias] = grads as [tf.Tensor, tf.Tensor];
      return { value, forWeights, forBias };
    },
    threads === undefined || threads === 0 ? {} : { threads },
  );
  try {
    const objective = async (at: Float64Array): Promise<{ value: number; gradient: Float64Array }> => {
      const weights = tf.tensor2d(Float32Array.from(at.subarray(0, size)), [columns, classes]);
      const bias = tf.tensor1d(Float32Array.from(at.subarray(size)));
      const out = await step(weights, bias, x, targets);
      const [value, forWeights, forBias] = await Promise.all([
        out.value.data(),
        out.forWeights.data(),
        out.forBias.data(),
      ]);
      tf.dispose([weights, bias, out]);
      let penalty = 0;
      const gradient = at.map((w, i) => {
        if (i >= size) return strength * (forBias[i - size] ?? 0);
        penalty += (w * w) / 2;
        return strength * (forWeights[i] ?? 0) + w;
      });
      return { value: strength * (value[0] ?? NaN) + penalty, gradient };
    };
    const tolerance = 1e-4 * Math.max(1, strength * rows);
    const solution = await minimize(objective, new Float64Array(size + classes), {
      tolerance,
      iterations: 200,
      ...(signal ? { signal } : {}),
    });
    return { columns, weights: solution.slice(0, size), intercepts: solution.slice(size), ...scaling };
  } finally {
    await step.dispose();
    tf.dispose([x, targets]);
  }
}

type Scaling = Pick<LinearModel, 'mean' | 'deviation'>;

function scalingOf({ rows, columns, values }: Table): Scaling {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) mean[i % columns] = (mean[i % columns] ?? 0) + (values[i] ?? 0) / rows;
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    deviation[column] = (deviation[column] ?? 0) + ((values[i] ?? 0) - (mean[column] ?? 0)) ** 2 / rows;
  }
  // A column that never changes says nothing: it becomes 0.
  return { mean, deviation: deviation.map((square) => (square > 1e-12 ? Math.sqrt(square) : Infinity)) };
}

function scaled({ columns, values }: Table, { mean, deviation }: Scaling): Float32Array {
  return values.map((value, i) => (value - (mean[i % columns] ?? 0)) / (deviation[i % columns] ?? 1));
}

/** Class probabilities of rows, [rows][classes]. */
export function classify(model: LinearModel, table: Table): number[][] {
  const { rows, columns } = table;
  const { weights, intercepts } = model;
  const classes = intercepts.length;
  const x = scaled(table, model);
  return Array.from({ length: rows }, (_, row) => {
    const logits = Array.from(intercepts);
    for (let column = 0; column < columns; column++) {
      const value = x[row * columns + column] ?? 0;
      for (let k = 0; k < classes; k++) logits[k] = (logits[k] ?? 0) + value * (weights[column * classes + k] ?? 0);
    }
    const largest = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - largest));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    return exponentials.map((e) => e / sum);
  });
}

import { centerLoss, contextBroadcast, focalLoss, klDivergence, supervisedContrastive } from '@ser/losses-mll';
import { flam } from '@ser/pool-flam';
import * as tf from '@tensorflow/tfjs';
import { engines, evaluate, maskOf, type Tensors, tensorOf } from './evaluate';
import { type Check, type Field, type GoldenArray, largestMagnitude, relativeError } from './fixture';

const tolerance = 1e-5;

type Expected = Record<string, readonly number[]>;
type Compute = (inputs: Tensors) => Tensors;

/** Values and gradients of the four losses, of context broadcasting and of FLAM. */
export async function losses(fixture: Field): Promise<Check[]> {
  const checks: Check[] = [];
  for (const part of fixture.keys()) {
    const run = parts[part];
    if (!run)
      checks.push({ engine: 'none', quantity: `${part}: unknown part of the fixture`, error: Infinity, tolerance });
    else
      for (const [index, item] of fixture.get(part).list().entries())
        checks.push(...(await run(item, `${part}[${index}]`)));
  }
  return checks;
}

const parts: Record<string, (item: Field, name: string) => Promise<Check[]>> = {
  async classification(item, name) {
    const logits = item.get('logits').array();
    const inputs = { logits: tensorOf(logits), targets: tensorOf(item.get('targets').array()) };
    const checks: Check[] = [];
    for (const [index, golden] of item.get('cases').list().entries()) {
      const kind = golden.get('loss').text();
      const gamma = kind === 'focal' ? golden.get('gamma').number() : 0;
      if (kind !== 'kl' && kind !== 'focal') throw new Error(`${name}.cases[${index}]: unknown loss "${kind}"`);
      const loss = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
        kind === 'kl' ? klDivergence(as2D(x), as2D(y)) : focalLoss(as2D(x), as2D(y), { gamma });
      const compute: Compute = ({ logits, targets }) => {
        const { value, grads } = tf.valueAndGrads((x) => loss(x, targets!))([logits!]);
        return { value, 'gradient of the logits': grads[0]! };
      };
      checks.push(
        ...(await compare(`${name} ${kind}${kind === 'focal' ? ` γ=${gamma}` : ''}`, inputs, compute, {
          value: [golden.get('value').number()],
          'gradient of the logits': golden.get('grad_logits').array().data,
        })),
      );
    }
    tf.dispose(inputs);
    return checks;
  },

  async center(item, name) {
    const inputs = {
      embeddings: tensorOf(item.get('embeddings').array()),
      centers: tensorOf(item.get('centers').array()),
      labels: tf.tensor1d(item.get('labels').numbers(), 'int32'),
    };
    const compute: Compute = ({ embeddings, centers, labels }) => {
      const { value, grads } = tf.valueAndGrads((e, c) => centerLoss(as2D(e), as1D(labels!), as2D(c)))([
        embeddings!,
        centers!,
      ]);
      return { value, 'gradient of the embeddings': grads[0]!, 'gradient of the centers': grads[1]! };
    };
    const checks = await compare(name, inputs, compute, {
      value: [item.get('value').number()],
      'gradient of the embeddings': item.get('grad_embeddings').array().data,
      'gradient of the centers': item.get('grad_centers').array().data,
    });
    tf.dispose(inputs);
    return checks;
  },

  async supcon(item, name) {
    const frames = item.get('frames').array();
    const lengths = item.get('lengths').numbers();
    const labels = item.get('labels').numbers();
    const options = {
      temperature: item.get('temperature').number(),
      normalize: item.get('normalize').boolean(),
      classes: Math.max(...labels) + 1,
    };
    const mask = maskOf(lengths, frames.shape[1]!);
    const inputs = { frames: tensorOf(frames), labels: tf.tensor1d(labels, 'int32'), mask };
    const compute: Compute = ({ frames, labels, mask }) => {
      const [y, m] = [as1D(labels!), as2D(mask!)];
      const { value, grads } = tf.valueAndGrads((x) =>
        supervisedContrastive(contextBroadcast(as3D(x), m), y, m, options),
      )([frames!]);
      const broadcast = tf.mul(contextBroadcast(as3D(frames!), m), tf.expandDims(m, 2));
      return { value, 'gradient of the frames': grads[0]!, 'context broadcast': broadcast };
    };
    const checks = await compare(name, inputs, compute, {
      value: [item.get('value').number()],
      'gradient of the frames': item.get('grad_frames').array().data,
      'context broadcast': validOnly(item.get('broadcast').array(), lengths),
    });
    tf.dispose(inputs);
    return checks;
  },

  async flam(item, name) {
    const frames = item.get('frames').array();
    const lengths = item.get('lengths').numbers();
    const heads = item.get('heads').number();
    const weights = item.get('weights');
    const biases = item.get('biases');
    const matrices = ['query', 'key', 'value', 'output'] as const;
    const inputs: Tensors = {
      frames: tensorOf(frames),
      mask: maskOf(lengths, frames.shape[1]!),
      probe: tensorOf(item.get('probe').array()),
      projection: tensorOf(item.get('projection').array()),
    };
    // The fixture stores matrices as PyTorch does ([out, in]); the package takes [in, out].
    for (const key of matrices) {
      inputs[key] = tensorOf(transposed(weights.get(key).array()));
      inputs[`${key}Bias`] = tensorOf(biases.get(key).array());
    }
    const trained = ['frames', 'projection', ...matrices, ...matrices.map((key) => `${key}Bias`)];
    const pool = (values: Tensors): ReturnType<typeof flam> =>
      flam(
        {
          query: values['query']!,
          queryBias: values['queryBias']!,
          key: values['key']!,
          keyBias: values['keyBias']!,
          value: values['value']!,
          valueBias: values['valueBias']!,
          output: values['output']!,
          outputBias: values['outputBias']!,
          projection: values['projection']!,
        },
        as3D(values['frames']!),
        as2D(values['mask']!),
        { heads },
      );
    const compute: Compute = (given) => {
      const { pooled, frames, attention } = pool(given);
      const grads = tf.grads((...tensors) => {
        const values = { ...given };
        trained.forEach((key, index) => (values[key] = tensors[index]!));
        return tf.sum(tf.mul(pool(values).pooled, given['probe']!));
      })(trained.map((key) => given[key]!));
      const outputs: Tensors = {
        utterance: pooled,
        attention,
        'refined frames': tf.mul(frames, tf.expandDims(as2D(given['mask']!), 2)),
      };
      trained.forEach((key, index) => (outputs[`gradient of ${key}`] = grads[index]!));
      return outputs;
    };
    const gradients = item.get('grads_of_sum_utterance_times_probe');
    const expected: Expected = {
      utterance: item.get('utterance').array().data,
      attention: validOnly(item.get('attention').array(), lengths),
      'refined frames': validOnly(item.get('refined_frames_valid').array(), lengths),
      'gradient of frames': gradients.get('frames').array().data,
      'gradient of projection': gradients.get('projection').array().data,
    };
    for (const key of matrices) {
      expected[`gradient of ${key}`] = transposed(gradients.get(`weight_${key}`).array()).data;
      expected[`gradient of ${key}Bias`] = gradients.get(`bias_${key}`).array().data;
    }
    const checks = await compare(name, inputs, compute, expected);
    tf.dispose(inputs);
    return checks;
  },
};

async function compare(name: string, inputs: Tensors, compute: Compute, expected: Expected): Promise<Check[]> {
  const checks: Check[] = [];
  const largest = Math.max(...Object.values(expected).map(largestMagnitude));
  for (const engine of engines) {
    const actual = await evaluate(engine, inputs, compute);
    for (const [quantity, reference] of Object.entries(expected)) {
      // A softmax ignores what is added to every score, so the key bias has no gradient: its reference holds the
      // rounding of the float64 sums (1e-17). Such an array is a zero and is held to the scale of the others.
      const own = largestMagnitude(reference);
      const error = relativeError(actual.get(quantity) ?? [], reference, own < 1e-12 * largest ? largest : own);
      checks.push({ engine, quantity: `${name} ${quantity}`, error, tolerance });
    }
  }
  return checks;
}

/** Zero on padded frames: what a reference holds there is nobody's business. */
function validOnly({ shape, data }: GoldenArray, lengths: readonly number[]): number[] {
  const frames = shape[1]!;
  const features = shape[2] ?? 1;
  return data.map((value, index) => {
    const frame = Math.floor(index / features);
    return frame % frames < lengths[Math.floor(frame / frames)]! ? value : 0;
  });
}

function transposed({ shape, data }: GoldenArray): GoldenArray {
  const [rows, columns] = [shape[0]!, shape[1]!];
  return {
    shape: [columns, rows],
    data: data.map((_, index) => data[(index % rows) * columns + Math.floor(index / rows)]!),
  };
}

const as1D = (tensor: tf.Tensor): tf.Tensor1D => tensor.as1D();
const as2D = (tensor: tf.Tensor): tf.Tensor2D => tensor.as2D(tensor.shape[0], tensor.shape[1]!);
const as3D = (tensor: tf.Tensor): tf.Tensor3D => tensor.as3D(tensor.shape[0], tensor.shape[1]!, tensor.shape[2]!);

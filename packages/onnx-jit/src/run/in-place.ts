import * as ort from '#onnxruntime';
import { onnxType } from '../graph/graph';
import { encodeMessage } from '../proto/message';
import { attributeType } from '../proto/schema';

/**
 * onnxruntime-node 1.30 lets ONNX Runtime write into tensors it is given, and then copies every one of them into a new
 * tensor all the same: on the weights of a model that is a third of a training step. It makes the copies one after the
 * other once the run is over, and gives up at an output that is no tensor. A graph whose first output is an empty
 * sequence therefore ends with that complaint, all results in place and nothing copied. A binding that learns to hand
 * out sequences returns normally, which works too. `writesInPlace` finds a binding that does anything else.
 */
const sequenceName = 'in place';

/** The node and the output that make a graph end without copies; they come first. */
export const sequenceNode = {
  opType: 'SequenceEmpty',
  output: [sequenceName],
  attribute: [{ name: 'dtype', type: attributeType.int, i: BigInt(onnxType.float32) }],
};
export const sequenceOutput = {
  name: sequenceName,
  type: { sequenceType: { elemType: { tensorType: { elemType: onnxType.float32 } } } },
};

/**
 * Runs a graph that begins with `sequenceOutput` and leaves its other outputs in the tensors given for them.
 * @returns the targets
 */
export async function runInPlace<T extends ort.Tensor | null>(
  session: ort.InferenceSession,
  feeds: Readonly<Record<string, ort.Tensor>>,
  targets: Readonly<Record<string, T>>,
): Promise<Readonly<Record<string, T>>> {
  try {
    await session.run(feeds, { [sequenceName]: null, ...targets });
  } catch (error) {
    if (!String(error).includes('Non tensor type')) throw error;
  }
  return targets;
}

let answer: Promise<boolean> | undefined;

/**
 * Whether this binding behaves as described, and an axpy (`passes/axpy.ts`) may be written over what it is added to;
 * tried once a process.
 */
export function writesInPlace(): Promise<boolean> {
  answer ??= tryInPlace().catch(() => false);
  return answer;
}

async function tryInPlace(): Promise<boolean> {
  const shape = [1, 1, 4096];
  const type = (name: string, dims: number[]) => ({
    name,
    type: {
      tensorType: { elemType: onnxType.float32, shape: { dim: dims.map((length) => ({ dimValue: BigInt(length) })) } },
    },
  });
  const axpy = { opType: 'FusedConv', domain: 'com.microsoft', input: ['x', 'factor', '', 'z'], output: ['next z'] };
  const model = encodeMessage('ModelProto', {
    irVersion: 8n,
    opsetImport: [
      { domain: '', version: 17n },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: {
      name: 'in place?',
      node: [sequenceNode, { opType: 'Add', input: ['x', 'x'], output: ['y'] }, axpy],
      input: [type('x', shape), type('factor', [1, 1, 1]), type('z', shape)],
      output: [sequenceOutput, type('y', shape), type('next z', shape)],
    },
  });
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  const [x, y, z] = [Float32Array.from({ length: 4096 }, (_, i) => i), new Float32Array(4096), new Float32Array(4096)];
  z.fill(1);
  const tensor = (data: Float32Array, dims = shape): ort.Tensor => new ort.Tensor('float32', data, dims);
  const feeds = { x: tensor(x), factor: tensor(Float32Array.of(3), [1, 1, 1]), z: tensor(z) };
  await runInPlace(session, feeds, { y: tensor(y), 'next z': tensor(z) });
  await session.release();
  return x.every((value, i) => y[i] === 2 * value && z[i] === 3 * value + 1);
}

import onnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import { onnxType } from './graph';

const { onnx } = onnxProto;

/**
 * onnxruntime-node 1.30 lets ONNX Runtime write into tensors it is given, and then copies every one of them into a new
 * tensor all the same: on the weights of a model that is a third of a training step. It makes the copies one after the
 * other once the run is over, and gives up at an output that is no tensor. A graph whose first output is an empty
 * sequence therefore ends with that complaint, all results in place and nothing copied. A binding that learns to hand
 * out sequences returns instead, which is as good; one that does anything else is found out by `writesInPlace`.
 */
export const sequenceName = 'in place';

/** The node and the output that make a graph end without copies; they come first. */
export const sequenceNode = {
  opType: 'SequenceEmpty',
  output: [sequenceName],
  attribute: [{ name: 'dtype', type: onnx.AttributeProto.AttributeType.INT, i: onnxType.float32 }],
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

/** Whether this binding behaves as described, tried once a process. */
export function writesInPlace(): Promise<boolean> {
  answer ??= tryInPlace().catch(() => false);
  return answer;
}

async function tryInPlace(): Promise<boolean> {
  const type = (name: string) => ({
    name,
    type: { tensorType: { elemType: onnxType.float32, shape: { dim: [{ dimValue: 1 }] } } },
  });
  const message = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'in place?',
      node: [sequenceNode, { opType: 'Add', input: ['x', 'x'], output: ['y'] }],
      input: [type('x')],
      output: [sequenceOutput, type('y')],
    },
  });
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(message).finish(), { logSeverityLevel: 3 });
  const y = new Float32Array(1);
  const tensor = (data: Float32Array): ort.Tensor => new ort.Tensor('float32', data, [1]);
  await runInPlace(session, { x: tensor(Float32Array.of(1)) }, { y: tensor(y) });
  await session.release();
  return y[0] === 2;
}

import type * as ort from '#onnxruntime';
import { Graph, sizeOf, type Value } from '../graph/graph';
import { reshape } from '../lower/basic';
import { asDType, type Provider } from '../lower/call';
import { encodeModel, type NamedValue } from './serialize';
import { createSession } from './session';
import { arrayOf, type Numbers } from './tensors';

/** Reads tensors wherever they are, and keeps what it compiled for those that it has read last. */
export interface Reader {
  /** The numbers of tensors, in the given order. */
  read(tensors: readonly ort.Tensor[]): Promise<Numbers[]>;
  dispose(): Promise<void>;
}

/** Lists of other types and shapes that stay compiled: runs of other lengths are rare. */
const mostKept = 4;

export function createReader(provider: Provider): Reader {
  const kept = new Map<string, ort.InferenceSession>();
  const sessionFor = async (tensors: readonly ort.Tensor[]): Promise<ort.InferenceSession> => {
    const kind = tensors.map(({ type, dims }) => `${type} ${dims.join()}`).join(';');
    const known = kept.get(kind) ?? (await openCopy(tensors, provider));
    kept.delete(kind);
    kept.set(kind, known);
    const [oldest] = kept;
    if (oldest && kept.size > mostKept) {
      kept.delete(oldest[0]);
      await oldest[1].release();
    }
    return known;
  };
  return {
    async read(tensors) {
      const away = tensors.filter((tensor) => tensor.location === 'gpu-buffer');
      if (away.length === 0) return tensors.map(arrayOf);
      const session = await sessionFor(away);
      const results = await session.run(Object.fromEntries(away.map((tensor, i) => [inputName(i), tensor])));
      const home = new Map(away.map((tensor, i) => [tensor, numbersOf(results, away, i)]));
      return tensors.map((tensor) => home.get(tensor) ?? arrayOf(tensor));
    },
    async dispose() {
      for (const session of kept.values()) await session.release();
      kept.clear();
    },
  };
}

/** Reads tensors once. */
export async function readBack(tensors: readonly ort.Tensor[], provider: Provider): Promise<Numbers[]> {
  const reader = createReader(provider);
  try {
    return await reader.read(tensors);
  } finally {
    await reader.dispose();
  }
}

const inputName = (i: number): string => `in ${i}`;
const outputName = (i: number): string => `out ${i}`;
const joinedName = 'joined';

/** Elements of a tensor that is not worth a way of its own. */
const smallest = 65536;
const isJoined = ({ type, dims }: ort.Tensor): boolean => type === 'float32' && sizeOf(dims) <= smallest;

/**
 * Reading a GPU tensor directly aborted the process (ONNX Runtime 1.30): it leaves through a graph that does nothing. Every
 * output waits for the GPU by itself, so the small ones, such as losses, leave as one.
 */
function openCopy(tensors: readonly ort.Tensor[], provider: Provider): Promise<ort.InferenceSession> {
  const graph = new Graph();
  const outputs: NamedValue[] = [];
  const joined: Value[] = [];
  tensors.forEach((tensor, i) => {
    const value = graph.input(inputName(i), tensor.dims, asDType('a tensor on the GPU', tensor.type));
    if (isJoined(tensor)) joined.push(reshape(graph, value, [sizeOf(tensor.dims)]));
    else outputs.push({ name: outputName(i), value });
  });
  if (joined.length > 0) outputs.push({ name: joinedName, value: concatenated(graph, joined) });
  return createSession(encodeModel(graph, outputs, { producer: '@ser/onnx-jit' }), { provider });
}

function concatenated(graph: Graph, vectors: readonly Value[]): Value {
  const [first, ...more] = vectors;
  if (first && more.length === 0) return first;
  const size = vectors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return graph.one('Concat', vectors, { shape: [size], dtype: 'float32' }, { axis: 0 });
}

/** The numbers of one of the tensors among what their copy delivered. */
function numbersOf(results: Readonly<Record<string, ort.Tensor>>, tensors: readonly ort.Tensor[], i: number): Numbers {
  const tensor = tensors[i];
  if (!tensor) throw new Error(`no tensor ${i}`);
  const result = results[isJoined(tensor) ? joinedName : outputName(i)];
  if (!result) throw new Error(`"${inputName(i)}" did not come back`);
  if (!isJoined(tensor)) return arrayOf(result);
  const before = tensors.slice(0, i).filter(isJoined);
  const start = before.reduce((sum, { dims }) => sum + sizeOf(dims), 0);
  return arrayOf(result).slice(start, start + sizeOf(tensor.dims));
}

/** Tensors on the device, and the session that made them: it must be there as long as they are. */
export interface DeviceCopies {
  readonly tensors: readonly ort.Tensor[];
  readonly session: ort.InferenceSession;
}

/** The same tensors on the device, for many runs: what lies in the processor's memory is copied there in every run. */
export async function copyToDevice(tensors: readonly ort.Tensor[], provider: Provider): Promise<DeviceCopies> {
  const graph = new Graph();
  const outputs = tensors.map(({ dims, type }, i) => {
    return { name: outputName(i), value: graph.input(inputName(i), dims, asDType('a variable', type)) };
  });
  const model = encodeModel(graph, outputs, { producer: '@ser/onnx-jit' });
  const session = await createSession(model, { provider, onDevice: outputs.map(({ name }) => name) });
  const results = await session.run(Object.fromEntries(tensors.map((tensor, i) => [inputName(i), tensor])));
  return { tensors: tensors.map((tensor, i) => results[outputName(i)] ?? tensor), session };
}

import type * as ort from '#onnxruntime';
import { Graph } from '../graph/graph';
import { asDType, type Provider } from '../lower/call';
import { encodeModel } from './serialize';
import { createSession } from './session';
import { arrayOf, type Numbers } from './tensors';

/** The numbers of tensors, wherever they are. */
export async function readBack(tensors: readonly ort.Tensor[], provider: Provider): Promise<Numbers[]> {
  const away = tensors.filter((tensor) => tensor.location === 'gpu-buffer');
  if (away.length === 0) return tensors.map(arrayOf);
  // Reading a GPU tensor directly aborted the process (ONNX Runtime 1.30): it leaves through an identity graph.
  const graph = new Graph();
  const outputs = away.map(({ dims, type }, i) => ({
    name: `out ${i}`,
    value: graph.input(`in ${i}`, dims, asDType('a tensor on the GPU', type)),
  }));
  const session = await createSession(encodeModel(graph, outputs, { producer: '@ser/onnx-jit' }), { provider });
  const results = await session.run(Object.fromEntries(away.map((tensor, i) => [`in ${i}`, tensor])));
  await session.release();
  const home = new Map(away.map((tensor, i) => [tensor, results[`out ${i}`]]));
  return tensors.map((tensor) => arrayOf(home.get(tensor) ?? tensor));
}

import * as tf from '@tensorflow/tfjs';
import type * as ort from '#onnxruntime';
import { encodeModel } from './serialize';
import { createSession } from './session';
import { Graph } from '../graph/graph';
import { asDType, type Provider } from '../lower/call';
import { arrayOf, emptyData, wrapData, wrapTensor, type Numbers } from './tensors';

/**
 * Where the variables of a compiled function live between its calls. On the CPU that is the variable's own memory: a
 * new value is written over the old one or, where the step still reads the old one, into a second buffer that takes its
 * place. On the GPU they stay in GPU buffers until `sync`.
 */
export interface Store {
  /** The value to read from in the next run. */
  read(variable: tf.Variable): ort.Tensor;
  /** A buffer for the new value in its `shape`, the variable's own if `overwrite` allows it; null lets ONNX Runtime make one. */
  target(variable: tf.Variable, shape: readonly number[], overwrite: boolean): ort.Tensor | null;
  /** Takes over what a run wrote. */
  write(variable: tf.Variable, tensor: ort.Tensor): void;
  /** Gives a variable that was created while recording a real first value. */
  adopt(variable: tf.Variable, tensor: tf.Tensor): void;
  /** Makes all variables readable in tfjs. */
  sync(): Promise<void>;
  dispose(): void;
}

export const createStore = (provider: Provider): Store =>
  provider === 'webgpu' ? createDeviceStore() : createHostStore();

/** Points a variable at other data. `assign` would free the data id, which a recorded variable does not have. */
function adopt(variable: tf.Variable, tensor: tf.Tensor): void {
  variable.dataId = tensor.dataId;
  tf.keep(tensor);
}

interface Buffers {
  /** The tfjs data whose memory `tensor` shares. */
  dataId: object;
  tensor: ort.Tensor;
  spare: Numbers | null;
}

function createHostStore(): Store {
  const buffers = new Map<tf.Variable, Buffers>();

  const current = (variable: tf.Variable): Buffers => {
    const known = buffers.get(variable);
    // Somebody may have assigned the variable since.
    if (known && known.dataId === variable.dataId) return known;
    const fresh = { dataId: variable.dataId, tensor: wrapTensor(variable), spare: known?.spare ?? null };
    buffers.set(variable, fresh);
    return fresh;
  };

  return {
    read: (variable) => current(variable).tensor,
    target(variable, shape, overwrite) {
      const state = current(variable);
      if (overwrite && ownsMemory(variable, state.tensor))
        return wrapData(arrayOf(state.tensor), variable.dtype, shape);
      state.spare ??= emptyData(variable.dtype, variable.size);
      return wrapData(state.spare, variable.dtype, shape);
    },
    write(variable, tensor) {
      const state = current(variable);
      const old = arrayOf(state.tensor);
      const data = arrayOf(tensor);
      if (data === old) return;
      const shared = !ownsMemory(variable, state.tensor);
      const next = tf.tensor(data, variable.shape, variable.dtype);
      variable.assign(next);
      next.dispose();
      buffers.set(variable, {
        dataId: variable.dataId,
        tensor: wrapData(data, variable.dtype, variable.shape),
        spare: shared ? null : old,
      });
    },
    adopt,
    sync: () => Promise.resolve(),
    dispose: () => buffers.clear(),
  };
}

/** Whether the wrapped memory is the variable's and nobody else's: a clone shares it, and some backends hand out copies. */
function ownsMemory(variable: tf.Variable, { data }: ort.Tensor): boolean {
  return tf.engine().backend.refCount(variable.dataId) <= 1 && variable.dataSync() === data;
}

function createDeviceStore(): Store {
  interface Held {
    /** The tfjs data that the GPU's value was made from or last copied to. */
    dataId: object;
    tensor: ort.Tensor;
  }
  const held = new Map<tf.Variable, Held>();
  const stale = new Set<tf.Variable>();

  return {
    read(variable) {
      const known = held.get(variable);
      if (known && known.dataId === variable.dataId) return known.tensor;
      known?.tensor.dispose();
      stale.delete(variable);
      const tensor = wrapTensor(variable);
      held.set(variable, { dataId: variable.dataId, tensor });
      return tensor;
    },
    target: () => null,
    write(variable, tensor) {
      held.get(variable)?.tensor.dispose();
      held.set(variable, { dataId: variable.dataId, tensor });
      stale.add(variable);
    },
    adopt,
    async sync() {
      if (stale.size === 0) return;
      const variables = [...stale];
      // Reading a GPU tensor directly aborted the process (ONNX Runtime 1.30): it leaves through an identity graph.
      const graph = new Graph(false);
      const outputs = variables.map((v, i) => ({
        name: `out ${i}`,
        value: graph.input(`in ${i}`, v.shape, asDType(v.name, v.dtype)),
      }));
      const session = await createSession(encodeModel(graph, outputs, { producer: '@ser/onnx-jit' }), {
        provider: 'webgpu',
      });
      const feeds = Object.fromEntries(
        variables.flatMap((v, i) => {
          const state = held.get(v);
          return state ? [[`in ${i}`, state.tensor] as const] : [];
        }),
      );
      const results = await session.run(feeds);
      variables.forEach((variable, i) => {
        const result = results[`out ${i}`];
        const state = held.get(variable);
        if (!result || !state) return;
        const next = tf.tensor(arrayOf(result), variable.shape, variable.dtype);
        variable.assign(next);
        next.dispose();
        state.dataId = variable.dataId;
      });
      stale.clear();
      await session.release();
    },
    dispose() {
      for (const { tensor } of held.values()) tensor.dispose();
      held.clear();
    },
  };
}

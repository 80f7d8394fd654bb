import * as tf from '@tensorflow/tfjs-core';
import type * as ort from '#onnxruntime';
import { arrayOf, emptyData, wrapData, wrapTensor, type Numbers } from './tensors';

/**
 * Where the variables of a compiled function live between its calls. On the CPU that is the variable's own memory: a
 * new value is written over the old one or, where the step still reads the old one, into a second buffer that takes its
 * place. On a GPU they stay in the tensors of the last run until `sync` (`held-store.ts`), several variables in one where
 * the step packs them; on the CPU each is alone.
 */
export interface Store {
  /** The value to read from in the next run, of variables that lie one after the other in `shape`. */
  read(variables: readonly tf.Variable[], shape: readonly number[]): Promise<ort.Tensor>;
  /** Told of variables, each with its shape, that a run is about to read and does not change. */
  settle(
    unchanged: readonly { readonly variables: readonly tf.Variable[]; readonly shape: readonly number[] }[],
  ): Promise<void>;
  /** A buffer for the new value in its `shape`, the variable's own if `overwrite` allows it; null lets ONNX Runtime make one. */
  target(variables: readonly tf.Variable[], shape: readonly number[], overwrite: boolean): ort.Tensor | null;
  /** Takes over what a run wrote. */
  write(variables: readonly tf.Variable[], tensor: ort.Tensor): void;
  /** Gives a variable that was created while recording a real first value. */
  adopt(variable: tf.Variable, tensor: tf.Tensor): void;
  /** Makes all variables readable in tfjs. */
  sync(): Promise<void>;
  dispose(): Promise<void>;
}

/** Points a variable at other data. `assign` would free the data id, which a recorded variable does not have. */
export function adopt(variable: tf.Variable, tensor: tf.Tensor): void {
  variable.dataId = tensor.dataId;
  tf.keep(tensor);
}

interface Buffers {
  /** The tfjs data whose memory `tensor` shares. */
  dataId: object;
  tensor: ort.Tensor;
  spare: Numbers | null;
}

export function createHostStore(): Store {
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
    read: (variables) => Promise.resolve(current(only(variables)).tensor),
    settle: () => Promise.resolve(),
    target(variables, shape, overwrite) {
      const variable = only(variables);
      const state = current(variable);
      if (overwrite && ownsMemory(variable, state.tensor))
        return wrapData(arrayOf(state.tensor), variable.dtype, shape);
      state.spare ??= emptyData(variable.dtype, variable.size);
      return wrapData(state.spare, variable.dtype, shape);
    },
    write(variables, tensor) {
      const variable = only(variables);
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
    dispose() {
      buffers.clear();
      return Promise.resolve();
    },
  };
}

function only([variable, ...more]: readonly tf.Variable[]): tf.Variable {
  if (!variable || more.length > 0) throw new Error('on the CPU variables are not packed');
  return variable;
}

/** Whether the wrapped memory is the variable's and nobody else's: a clone shares it, and some backends hand out copies. */
function ownsMemory(variable: tf.Variable, { data }: ort.Tensor): boolean {
  return tf.engine().backend.refCount(variable.dataId) <= 1 && variable.dataSync() === data;
}

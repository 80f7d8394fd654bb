import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import type { ArgumentType } from './trace';
import { leavesOf, mapTree, type Tree } from './tree';

/** A tensor, or tensors in objects and arrays. */
export type TensorTree = Tree<tf.Tensor>;

/** The tensors of a call, in the order of the trace's arguments. */
export const tensorsOf = (args: TensorTree): tf.Tensor[] => leavesOf<tf.Tensor>(args).map((leaf) => leaf.value);

/** @throws CompileError for a leaf that is no tensor */
export function argumentTypes(args: TensorTree): ArgumentType[] {
  return leavesOf<tf.Tensor>(args).map(({ path, value }) => {
    if (!(value instanceof tf.Tensor)) {
      throw new CompileError(
        `argument ${path} of a compiled function is ${typeof value}: give it as a tensor, or it would be baked in`,
      );
    }
    return { name: `argument ${path}`, shape: value.shape, dtype: value.dtype };
  });
}

/**
 * Further tensors of the same data, which stay when the given ones are disposed of.
 *
 * @throws CompileError for a tensor that has been disposed of already
 */
export function holdTensors<Args extends TensorTree>(args: Args): { readonly tensors: Args; release(): void } {
  const held: tf.Tensor[] = [];
  const tensors = mapTree<tf.Tensor, tf.Tensor>(args, (leaf, path) => {
    if (!(leaf instanceof tf.Tensor)) return leaf; // `argumentTypes` refuses it
    if (leaf.isDisposed) throw new CompileError(`argument ${path} of a compiled function has been disposed of`);
    const tensor = tf.keep(tf.clone(leaf));
    held.push(tensor);
    return tensor;
  });
  return { tensors: tensors as Args, release: () => tf.dispose(held) };
}

/** Equal for calls that one compiled graph can serve. */
export const shapeKey = (types: readonly ArgumentType[]): string =>
  types.map((t) => `${t.name} ${t.dtype} [${t.shape.join()}]`).join('; ');

/** The same tree with other tensors as its leaves. */
export function withLeaves<Args extends TensorTree>(args: Args, tensors: readonly tf.Tensor[]): Args {
  let i = 0;
  return mapTree<tf.Tensor, tf.Tensor | undefined>(args, () => tensors[i++]) as Args;
}

/**
 * Batches that run together have equal shapes.
 *
 * @throws CompileError naming the first batch, counted from 0, that is not like the first one, and what differs
 */
export function checkAlike(batches: readonly TensorTree[]): void {
  const [first, ...others] = batches.map((batch, i) => typesOfBatch(batch, i));
  others.forEach((types, k) => {
    const describe = (type?: ArgumentType): string => (type ? `${type.dtype} [${type.shape.join(', ')}]` : 'not there');
    const names = new Set([...(first ?? []), ...types].map(({ name }) => name));
    for (const name of names) {
      const [wanted, got] = [first, types].map((list) => describe(list?.find((type) => type.name === name)));
      if (wanted !== got)
        throw new CompileError(
          `batch ${k + 1}: ${name} is ${got}, in batch 0 it is ${wanted}: run equal shapes together`,
        );
    }
  });
}

function typesOfBatch(batch: TensorTree, i: number): ArgumentType[] {
  try {
    return argumentTypes(batch);
  } catch (error) {
    if (error instanceof CompileError) throw new CompileError(`batch ${i}: ${error.message}`);
    throw error;
  }
}

import type * as tf from '@tensorflow/tfjs-core';
import { recompute } from '@ser/onnx-jit';
import type { ApplyOptions } from './encoder';
import { dropLayer } from '../training/layer-drop';
import type { Parameters } from './parameters';

/** A block's own tensor by its name within the block. */
export type Weights = (name: string) => tf.Tensor;

/** One transformer block: rows [batch · frames, features] and tensors all blocks share → rows. */
export type Block = (rows: tf.Tensor2D, shared: readonly tf.Tensor[], weights: Weights) => tf.Tensor2D;

export interface Stack {
  block: Block;
  layers: number;
  /** Blocks that have been run already; 0 when absent. */
  from?: number;
  /** Names of a block's tensors, without `prefix(layer)`. */
  names: readonly string[];
  prefix: (layer: number) => string;
  parameters: Parameters;
}

/** Runs the blocks one after the other. @returns the input of the first and every block's output */
export function runBlocks(
  stack: Stack,
  rows: tf.Tensor2D,
  shared: readonly tf.Tensor[],
  options: ApplyOptions,
): tf.Tensor2D[] {
  const outputs = [rows];
  let x = rows;
  for (let layer = stack.from ?? 0; layer < stack.layers; layer++) {
    const own = stack.names.map((name) => stack.parameters.get(stack.prefix(layer) + name));
    const run = (inputs: readonly tf.Tensor[]): tf.Tensor2D => {
      const [first, ...others] = inputs;
      if (!first) throw new Error('a block needs its input');
      const weights = others.slice(shared.length);
      const named: Weights = (name) => weights[stack.names.indexOf(name)] ?? missing(name);
      return stack.block(asRows(first), others.slice(0, shared.length), named);
    };
    const inputs = [x, ...shared, ...own];
    const after = options.recompute ? recompute((...tensors) => run(tensors), inputs) : run(inputs);
    x = dropLayer(x, after, layer, options.training ?? {});
    outputs.push(x);
  }
  return outputs;
}

const missing = (name: string): never => {
  throw new Error(`a block has no tensor ${name}`);
};

function asRows(x: tf.Tensor): tf.Tensor2D {
  if (!isRank2(x)) throw new Error(`a block takes [rows, features], not [${x.shape}]`);
  return x;
}

const isRank2 = (x: tf.Tensor): x is tf.Tensor2D => x.rank === 2;

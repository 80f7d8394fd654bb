import * as tf from '@tensorflow/tfjs-core';
import { layerNorm } from '@ser/onnx-jit';
import type { EncoderOutput } from './encoder';
import { InputError } from '@ser/files';

export interface WeightedLayers {
  /**
   * Learned logits: [layers + 1] for the input of block 1 and every block's output, or [layers] for the blocks' outputs
   * only. The sum is weighted by their softmax.
   */
  weighted: tf.Tensor;
  /** Bring each layer to zero mean and unit variance per frame before the sum; false when absent. */
  normalize?: boolean;
}

/** `last` is the model's last hidden state; a number n the output of block n (0: the input of block 1). */
export type LayerChoice = 'last' | number | WeightedLayers;

/**
 * One layer of an encoder, or Σ softmax(w)ᵢ·layerᵢ.
 *
 * @param output of `encoder.apply`, with `layers: true` unless the choice is `last`
 * @returns [batch, frames, features]
 * @throws {InputError} when the layer was not computed or does not exist, or the logits do not fit
 */
export function selectLayer(output: EncoderOutput, choice: LayerChoice): tf.Tensor3D {
  if (choice === 'last') return output.frames;
  const { layers } = output;
  if (!layers) throw new InputError('layer: only the last one was computed; apply the encoder with { layers: true }');
  if (typeof choice === 'number') {
    const layer = layers[choice];
    if (!layer) throw new InputError(`layer: expected "last" or 0 to ${layers.length - 1}, found ${choice}`);
    return layer;
  }
  const { weighted, normalize = false } = choice;
  const chosen = layers.slice(layers.length - weighted.size);
  if (weighted.size === 0 || chosen.length !== weighted.size || layers.length - chosen.length > 1) {
    throw new InputError(
      `layer weights: expected ${layers.length} or ${layers.length - 1} logits, found ${weighted.size}`,
    );
  }
  const weights = tf.softmax(tf.reshape(weighted, [-1]));
  const parts = chosen.map((layer, i): tf.Tensor3D => {
    return tf.mul(normalize ? plainNorm(layer) : layer, tf.slice(weights, [i], [1]));
  });
  return parts.reduce((sum, part) => tf.add(sum, part));
}

function plainNorm(x: tf.Tensor3D): tf.Tensor3D {
  const size = x.shape[2];
  return layerNorm(x, tf.ones([size]), tf.zeros([size]));
}

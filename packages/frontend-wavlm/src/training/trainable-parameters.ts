import type * as tf from '@tensorflow/tfjs-core';
import type { Encoder } from '../encoders/encoder';
import { InputError } from '@ser/files';

/**
 * `frozen`: none. `{ top: k }`: the last k blocks and the norm after them. `transformer`: everything but the
 * convolutions on the waveform or spectrogram. `all`: everything. Fixed positions (Whisper) are never trained.
 */
export type TrainingMode = 'frozen' | { top: number } | 'transformer' | 'all';

/** Matches the parameters of the convolutional front end of every kind of encoder. */
const CONVOLUTIONS = /(^|\.)(conv\d+|feature_extractor\.conv_layers\.\d+)\./;
const BLOCK = /(?:^|\.)layers\.(\d+)\./;

/**
 * The variables that a step trains; everything else gets no gradient.
 *
 * WavLM's mask vector (`masked_spec_embed`) is only among them when `specAugment` says that masks are given: without
 * masks nothing depends on it.
 *
 * @throws {InputError} when there are fewer than `top` blocks
 */
export function trainableParameters(
  encoder: Encoder,
  mode: TrainingMode,
  options: { specAugment?: boolean } = {},
): tf.Variable[] {
  return [...trainableEntries(encoder, mode, options).values()];
}

/** As `trainableParameters`, with the checkpoint keys. */
export function trainableEntries(
  encoder: Encoder,
  mode: TrainingMode,
  options: { specAugment?: boolean } = {},
): Map<string, tf.Variable> {
  const chosen = new Map<string, tf.Variable>();
  for (const [name, variable] of encoder.parameters) {
    if (!variable.trainable || (name === 'masked_spec_embed' && !options.specAugment)) continue;
    if (isTrained(encoder, name, mode)) chosen.set(name, variable);
  }
  return chosen;
}

function isTrained(encoder: Encoder, name: string, mode: TrainingMode): boolean {
  if (mode === 'frozen') return false;
  if (mode === 'all') return true;
  if (mode === 'transformer') return !CONVOLUTIONS.test(name);
  const { layerCount } = encoder;
  if (!Number.isInteger(mode.top) || mode.top < 0 || mode.top > layerCount) {
    throw new InputError(`top: expected a whole number of blocks, 0 to ${layerCount}, found ${mode.top}`);
  }
  const block = BLOCK.exec(name)?.[1];
  if (block !== undefined) return Number(block) >= layerCount - mode.top && !name.includes('rel_attn_embed');
  return mode.top > 0 && isFinalNorm(encoder, name);
}

function isFinalNorm({ config }: Encoder, name: string): boolean {
  if (config.kind === 'whisper') return name.startsWith('model.encoder.layer_norm.');
  return (
    (config.kind === 'wavlm' || config.kind === 'hubert') && config.preNorm && name.startsWith('encoder.layer_norm.')
  );
}

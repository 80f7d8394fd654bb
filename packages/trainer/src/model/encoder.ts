import { createLogMelEncoder, loadEncoder, type Encoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import { InputError } from '@ser/files';
import { seeded } from '../random';

/**
 * A function that makes a fresh encoder of the configuration, the same each time it is called.
 * @throws {InputError} when the checkpoint is missing or of another kind than `encoder` says.
 */
export function openEncoder(
  config: Pick<Config, 'encoder' | 'weights' | 'hiddenSize' | 'seed'>,
  options: { readonly offline?: boolean } = {},
): () => Promise<Encoder> {
  tf.enableProdMode(); // without tfjs's advice to install its own native backend
  const { encoder: kind, weights, hiddenSize, seed } = config;
  if (kind === 'logmel')
    return () => Promise.resolve(createLogMelEncoder({ hiddenSize, random: seeded(seed, 'encoder') }));
  return async () => {
    if (weights === undefined) throw new InputError(`encoder "${kind}" needs --weights=DIR`);
    const encoder = await loadEncoder(weights, options);
    if (encoder.kind === kind) return encoder;
    encoder.dispose();
    throw new InputError(`--encoder=${kind}: the checkpoint in ${weights} is a ${encoder.kind} model`);
  };
}

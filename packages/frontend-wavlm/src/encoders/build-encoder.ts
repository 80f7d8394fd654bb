import type { EncoderConfig } from './config';
import type { Encoder } from './encoder';
import { logMelEncoder, logMelSpecs } from './log-mel-encoder';
import { Parameters, type ParameterSpec } from './parameters';
import { waveEncoder, waveSpecs } from './wave-encoder';
import { whisperEncoder, whisperSpecs } from './whisper';

/** Every tensor that a model of this shape needs. */
export function parameterSpecs(config: EncoderConfig): ParameterSpec[] {
  switch (config.kind) {
    case 'whisper':
      return whisperSpecs(config);
    case 'logmel':
      return logMelSpecs(config);
    default:
      return waveSpecs(config);
  }
}

/** A model of this shape with these parameters. */
export function buildEncoder(config: EncoderConfig, parameters: Parameters): Encoder {
  switch (config.kind) {
    case 'whisper':
      return whisperEncoder(config, parameters);
    case 'logmel':
      return logMelEncoder(config, parameters);
    default:
      return waveEncoder(config, parameters);
  }
}

/**
 * An encoder with random weights, for measurements, tests and training from nothing.
 *
 * @param config shape of the model, as `parseConfig` reads it
 * @param random uniform [0, 1)
 */
export function createRandomEncoder(config: EncoderConfig, random: () => number): Encoder {
  return buildEncoder(config, Parameters.random(parameterSpecs(config), random));
}

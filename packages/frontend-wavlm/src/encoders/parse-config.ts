import { InputError } from '@ser/files';
import { LIMITS } from '../limits';
import { shown } from '../shown';
import type { EncoderConfig, Json, LogMelConfig, WaveConfig, WhisperConfig } from './config';
import { configReader, type ConfigReader } from './config-reader';
import { hopOf, receptiveFieldOf } from './convolution-shape';

/**
 * The shape of a model from its `config.json` and `preprocessor_config.json` (Hugging Face keys); never from its name.
 * Numbers beyond `LIMITS` are refused: what is made for a model grows with them.
 *
 * @param config content of config.json
 * @param preprocessor content of preprocessor_config.json; WavLM and HuBERT read `do_normalize` from it
 * @param where named in errors
 * @throws {InputError} for a model type or an option that is not supported, or a missing or wrong value
 */
export function parseConfig(config: Json, preprocessor: Json | undefined, where = 'config.json'): EncoderConfig {
  const read = configReader(config, where);
  const rate = preprocessor?.['sampling_rate'] ?? 16000;
  if (rate !== 16000) throw new InputError(`${where}: sampling_rate must be 16000, found ${shown(rate)}`);
  const type = config['model_type'];
  switch (type) {
    case 'wavlm':
    case 'hubert':
      refuseUnsupported(config, where);
      return parseWave(type, read, normalizes(preprocessor, where), where);
    case 'whisper':
      return parseWhisper(read);
    case 'ser-logmel':
      return parseLogMel(read);
    default:
      throw new InputError(`${where}: model_type must be wavlm, hubert, whisper or ser-logmel, found ${shown(type)}`);
  }
}

function refuseUnsupported(config: Json, where: string): void {
  for (const key of ['add_adapter', 'conv_pos_batch_norm']) {
    if (config[key] === true) throw new InputError(`${where}: ${key} is not supported`);
  }
}

function normalizes(preprocessor: Json | undefined, where: string): boolean {
  const value = preprocessor?.['do_normalize'];
  if (typeof value === 'boolean') return value;
  throw new InputError(`${where}: preprocessor_config.json beside it must say do_normalize (true or false)`);
}

function parseWave(kind: 'wavlm' | 'hubert', read: ConfigReader, normalizeInput: boolean, where: string): WaveConfig {
  read.oneOf('hidden_act', ['gelu'], 'gelu');
  read.oneOf('feat_extract_activation', ['gelu'], 'gelu');
  const hiddenSize = read.count('hidden_size', LIMITS.features);
  return {
    kind,
    hiddenSize,
    layerCount: read.count('num_hidden_layers', LIMITS.layers),
    heads: read.divisor('num_attention_heads', hiddenSize, LIMITS.heads),
    feedForward: read.count('intermediate_size', LIMITS.feedForward),
    epsilon: read.number('layer_norm_eps', 1, 1e-5),
    convNorm: read.oneOf('feat_extract_norm', ['group', 'layer'], 'group'),
    convBias: read.flag('conv_bias', false),
    ...parseConvolutions(read, where),
    positionKernel: read.count('num_conv_pos_embeddings', LIMITS.kernel, 128),
    positionGroups: read.divisor('num_conv_pos_embedding_groups', hiddenSize, LIMITS.features, 16),
    preNorm: read.flag('do_stable_layer_norm', false),
    projectionNorm: kind === 'hubert' ? read.flag('feat_proj_layer_norm', true) : true,
    ...(kind === 'wavlm' ? parseBuckets(read, where) : { buckets: 0, maxDistance: 0 }),
    normalizeInput,
  };
}

function parseConvolutions(
  read: ConfigReader,
  where: string,
): Pick<WaveConfig, 'convDim' | 'convKernel' | 'convStride'> {
  const convDim = read.counts('conv_dim', LIMITS.features, LIMITS.convolutions);
  const convKernel = read.counts('conv_kernel', LIMITS.kernel, LIMITS.convolutions);
  const convStride = read.counts('conv_stride', LIMITS.kernel, LIMITS.convolutions);
  if (convKernel.length !== convDim.length || convStride.length !== convDim.length || convDim.length === 0) {
    throw new InputError(`${where}: conv_dim, conv_kernel and conv_stride must have one length`);
  }
  const [least, most] = LIMITS.hop;
  const hop = hopOf(convStride);
  if (hop < least || hop > most) {
    throw new InputError(`${where}: conv_stride gives a frame every ${hop} samples, expected ${least} to ${most}`);
  }
  const field = receptiveFieldOf(convKernel, convStride);
  if (field > LIMITS.receptiveField) {
    throw new InputError(
      `${where}: conv_kernel and conv_stride make a frame of ${field} samples, expected at most ${LIMITS.receptiveField}`,
    );
  }
  return { convDim, convKernel, convStride };
}

function parseBuckets(read: ConfigReader, where: string): Pick<WaveConfig, 'buckets' | 'maxDistance'> {
  const [least, most] = LIMITS.buckets;
  const buckets = read.count('num_buckets', most, 320, least);
  const maxDistance = read.count('max_bucket_distance', LIMITS.positions, 800);
  // A quarter of the buckets stands for one distance each, the next quarter for those up to the largest.
  if (maxDistance <= Math.floor(buckets / 4)) {
    throw new InputError(
      `${where}: max_bucket_distance must be above ${Math.floor(buckets / 4)}, found ${maxDistance}`,
    );
  }
  return { buckets, maxDistance };
}

function parseWhisper(read: ConfigReader): WhisperConfig {
  read.oneOf('activation_function', ['gelu'], 'gelu');
  const hiddenSize = read.count('d_model', LIMITS.features);
  return {
    kind: 'whisper',
    hiddenSize,
    layerCount: read.count('encoder_layers', LIMITS.layers),
    heads: read.divisor('encoder_attention_heads', hiddenSize, LIMITS.heads),
    feedForward: read.count('encoder_ffn_dim', LIMITS.feedForward),
    epsilon: 1e-5,
    melBins: read.count('num_mel_bins', LIMITS.melBins, 80),
    maxPositions: read.count('max_source_positions', LIMITS.positions, 1500),
  };
}

function parseLogMel(read: ConfigReader): LogMelConfig {
  return {
    kind: 'logmel',
    hiddenSize: read.count('hidden_size', LIMITS.features),
    melBins: read.count('num_mel_bins', LIMITS.melBins, 80),
    channels: read.count('channels', LIMITS.features),
  };
}

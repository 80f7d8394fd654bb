import { InputError } from '../input-error';

/** WavLM and HuBERT: a stack of convolutions on the waveform, then a transformer. */
export interface WaveConfig {
  readonly kind: 'wavlm' | 'hubert';
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly epsilon: number;
  /** `group`: one group norm in the first convolution; `layer`: a layer norm in each. */
  readonly convNorm: 'group' | 'layer';
  readonly convBias: boolean;
  readonly convDim: readonly number[];
  readonly convKernel: readonly number[];
  readonly convStride: readonly number[];
  readonly positionKernel: number;
  readonly positionGroups: number;
  /** Pre-LN blocks and a norm after the last; otherwise post-LN and a norm before the first. */
  readonly preNorm: boolean;
  readonly projectionNorm: boolean;
  /** WavLM's relative positions; 0 buckets in HuBERT. */
  readonly buckets: number;
  readonly maxDistance: number;
  /** Each waveform to zero mean and unit variance over its own samples. */
  readonly normalizeInput: boolean;
}

export interface WhisperConfig {
  readonly kind: 'whisper';
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly epsilon: number;
  readonly melBins: number;
  readonly maxPositions: number;
}

export interface LogMelConfig {
  readonly kind: 'logmel';
  readonly hiddenSize: number;
  readonly melBins: number;
  /** Channels of the first convolution. */
  readonly channels: number;
}

export type EncoderConfig = WaveConfig | WhisperConfig | LogMelConfig;

/** A parsed JSON object of which nothing has been checked. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * The shape of a model from its `config.json` and `preprocessor_config.json` (Hugging Face keys); never from its name.
 *
 * @param config content of config.json
 * @param preprocessor content of preprocessor_config.json; WavLM and HuBERT read `do_normalize` from it
 * @param where named in errors
 * @throws InputError for a model type or an option that is not supported, or a missing or wrong value
 */
export function parseConfig(config: Json, preprocessor: Json | undefined, where = 'config.json'): EncoderConfig {
  const read = reader(config, where);
  const type = config['model_type'];
  const rate = preprocessor?.['sampling_rate'];
  if (rate !== undefined && rate !== 16000)
    throw new InputError(`${where}: sampling_rate must be 16000, found ${String(rate)}`);
  switch (type) {
    case 'wavlm':
    case 'hubert':
      return parseWave(type, config, preprocessor, where);
    case 'whisper': {
      read.oneOf('activation_function', ['gelu'], 'gelu');
      return {
        kind: 'whisper',
        hiddenSize: read.count('d_model'),
        layerCount: read.count('encoder_layers'),
        heads: read.divisor('encoder_attention_heads', read.count('d_model')),
        feedForward: read.count('encoder_ffn_dim'),
        epsilon: 1e-5,
        melBins: read.count('num_mel_bins', 80),
        maxPositions: read.count('max_source_positions', 1500),
      };
    }
    case 'ser-logmel':
      return {
        kind: 'logmel',
        hiddenSize: read.count('hidden_size'),
        melBins: read.count('num_mel_bins', 80),
        channels: read.count('channels'),
      };
    default:
      throw new InputError(
        `${where}: model_type must be wavlm, hubert, whisper or ser-logmel, found ${JSON.stringify(type)}`,
      );
  }
}

function parseWave(kind: 'wavlm' | 'hubert', config: Json, preprocessor: Json | undefined, where: string): WaveConfig {
  const read = reader(config, where);
  read.oneOf('hidden_act', ['gelu'], 'gelu');
  read.oneOf('feat_extract_activation', ['gelu'], 'gelu');
  for (const key of ['add_adapter', 'conv_pos_batch_norm']) {
    if (config[key] === true) throw new InputError(`${where}: ${key} is not supported`);
  }
  const normalize = preprocessor?.['do_normalize'];
  if (typeof normalize !== 'boolean') {
    throw new InputError(`${where}: preprocessor_config.json beside it must say do_normalize (true or false)`);
  }
  const convDim = read.counts('conv_dim');
  const convKernel = read.counts('conv_kernel');
  const convStride = read.counts('conv_stride');
  if (convKernel.length !== convDim.length || convStride.length !== convDim.length || convDim.length === 0) {
    throw new InputError(`${where}: conv_dim, conv_kernel and conv_stride must have one length`);
  }
  const hiddenSize = read.count('hidden_size');
  return {
    kind,
    hiddenSize,
    layerCount: read.count('num_hidden_layers'),
    heads: read.divisor('num_attention_heads', hiddenSize),
    feedForward: read.count('intermediate_size'),
    epsilon: read.number('layer_norm_eps', 1e-5),
    convNorm: read.oneOf('feat_extract_norm', ['group', 'layer'], 'group'),
    convBias: read.flag('conv_bias', false),
    convDim,
    convKernel,
    convStride,
    positionKernel: read.count('num_conv_pos_embeddings', 128),
    positionGroups: read.divisor('num_conv_pos_embedding_groups', hiddenSize, 16),
    preNorm: read.flag('do_stable_layer_norm', false),
    projectionNorm: kind === 'hubert' ? read.flag('feat_proj_layer_norm', true) : true,
    buckets: kind === 'wavlm' ? read.count('num_buckets', 320) : 0,
    maxDistance: kind === 'wavlm' ? read.count('max_bucket_distance', 800) : 0,
    normalizeInput: normalize,
  };
}

/** The two Hugging Face files that `parseConfig` reads back to the same configuration. */
export function configFiles(config: EncoderConfig): { config: Json; preprocessor: Json } {
  switch (config.kind) {
    case 'logmel':
      return {
        config: {
          model_type: 'ser-logmel',
          hidden_size: config.hiddenSize,
          num_mel_bins: config.melBins,
          channels: config.channels,
        },
        preprocessor: { sampling_rate: 16000 },
      };
    case 'whisper':
      return {
        config: {
          model_type: 'whisper',
          d_model: config.hiddenSize,
          encoder_layers: config.layerCount,
          encoder_attention_heads: config.heads,
          encoder_ffn_dim: config.feedForward,
          num_mel_bins: config.melBins,
          max_source_positions: config.maxPositions,
          activation_function: 'gelu',
        },
        preprocessor: {
          feature_extractor_type: 'WhisperFeatureExtractor',
          sampling_rate: 16000,
          n_fft: 400,
          hop_length: 160,
          feature_size: config.melBins,
        },
      };
    default:
      return {
        config: {
          model_type: config.kind,
          hidden_size: config.hiddenSize,
          num_hidden_layers: config.layerCount,
          num_attention_heads: config.heads,
          intermediate_size: config.feedForward,
          hidden_act: 'gelu',
          layer_norm_eps: config.epsilon,
          feat_extract_norm: config.convNorm,
          feat_extract_activation: 'gelu',
          conv_bias: config.convBias,
          conv_dim: config.convDim,
          conv_kernel: config.convKernel,
          conv_stride: config.convStride,
          num_conv_pos_embeddings: config.positionKernel,
          num_conv_pos_embedding_groups: config.positionGroups,
          do_stable_layer_norm: config.preNorm,
          ...(config.kind === 'wavlm'
            ? { num_buckets: config.buckets, max_bucket_distance: config.maxDistance }
            : { feat_proj_layer_norm: config.projectionNorm }),
        },
        preprocessor: {
          do_normalize: config.normalizeInput,
          sampling_rate: 16000,
          return_attention_mask: config.convNorm === 'layer',
        },
      };
  }
}

function reader(json: Json, where: string) {
  const fail = (key: string, expected: string): never => {
    throw new InputError(`${where}: ${key} must be ${expected}, found ${JSON.stringify(json[key]) ?? 'nothing'}`);
  };
  const number = (key: string, fallback?: number): number => {
    const value = json[key] ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : fail(key, 'a positive number');
  };
  const isCount = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value > 0;
  const count = (key: string, fallback?: number): number => {
    const value = json[key] ?? fallback;
    return isCount(value) ? value : fail(key, 'a positive whole number');
  };
  return {
    number,
    count,
    counts: (key: string): number[] => {
      const value = json[key];
      return Array.isArray(value) && value.every(isCount) ? value : fail(key, 'a list of positive whole numbers');
    },
    divisor: (key: string, of: number, fallback?: number): number => {
      const value = count(key, fallback);
      return of % value === 0 ? value : fail(key, `a divisor of ${of}`);
    },
    flag: (key: string, fallback: boolean): boolean => {
      const value = json[key] ?? fallback;
      return typeof value === 'boolean' ? value : fail(key, 'true or false');
    },
    oneOf: <T extends string>(key: string, allowed: readonly T[], fallback: T): T => {
      const value = json[key] ?? fallback;
      return allowed.find((name) => name === value) ?? fail(key, allowed.join(' or '));
    },
  };
}

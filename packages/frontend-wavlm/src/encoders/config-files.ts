import type { EncoderConfig, Json } from './config';

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

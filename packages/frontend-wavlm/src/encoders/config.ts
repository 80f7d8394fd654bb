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

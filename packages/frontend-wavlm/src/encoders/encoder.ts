import type * as tf from '@tensorflow/tfjs-core';
import type { EncoderConfig } from './config';

/** A batch of waveforms, 16 kHz, mono. */
export interface EncoderInput {
  /** [batch, samples], zero beyond each row's length. */
  waves: tf.Tensor2D;
  /** [batch], int32, valid samples of each row. */
  lengths: tf.Tensor1D;
}

/**
 * Regularisation of one training step, drawn outside (`drawTrainingNoise`) and given as tensors, so that a compiled
 * step sees new values every time. Leave out what is not wanted.
 */
export interface TrainingNoise {
  /** SpecAugment over time, [batch, time]: 1 where a frame is masked. Its length is `noiseShape(samples).time`. */
  timeMask?: tf.Tensor2D;
  /** SpecAugment over features, [batch, features]: 1 where a feature is masked. */
  featureMask?: tf.Tensor2D;
  /** Layer drop, [layers]: 1 keeps a block, 0 skips it. The first entry has no effect: block 1 is never dropped. */
  keepLayers?: tf.Tensor1D;
}

export interface EncoderOutput {
  /** [batch, frames, hiddenSize], the model's last hidden state. Frames where `mask` is 0 are finite and mean nothing. */
  frames: tf.Tensor3D;
  /** [batch, frames], 1 for a frame of the utterance and 0 for padding. */
  mask: tf.Tensor2D;
  /** With `layers: true` only: the input of block 1, then the output of each block (before a final layer norm). */
  layers?: tf.Tensor3D[];
}

export interface ApplyOptions {
  /** Also return every layer. */
  layers?: boolean;
  /** Masks of this training step; nothing is masked or dropped without it. */
  training?: TrainingNoise;
  /** Do not keep the blocks' inner activations for the backward pass: compute them again in it. */
  recompute?: boolean;
}

/** What the lower blocks made of a batch: where the upper ones go on. */
export interface ReachedFrames {
  /** The output of block `layer`, or the input of block 1 where it is 0. */
  layer: number;
  /** [batch, frames, hiddenSize], finite beyond a row's end as well. */
  frames: tf.Tensor3D;
  /** [batch, frames], 1 for a frame of the utterance and 0 for padding. */
  mask: tf.Tensor2D;
}

export type EncoderKind = 'wavlm' | 'hubert' | 'whisper' | 'logmel';

/** A speech encoder: waveforms in, frames out, as a pure tfjs function of named parameters. */
export interface Encoder {
  readonly kind: EncoderKind;
  /** Features of a frame. */
  readonly hiddenSize: number;
  /** Transformer blocks; `layers` has one entry more. */
  readonly layerCount: number;
  /** `equal-length`: statistics run over time, so rows of one batch must have one length and no padding. */
  readonly batching: 'padded' | 'equal-length';
  /** Hz. */
  readonly sampleRate: 16000;
  /** Longest waveform in samples, where the positions end. */
  readonly maxSamples?: number;
  /** Shortest waveform in samples that gives a frame. */
  readonly minSamples: number;
  /** Shape of the model, as read from its configuration files. */
  readonly config: EncoderConfig;
  /** Checkpoint key → variable, in the checkpoint's own layout (a linear layer's weight is [out, in]). */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** Frames of a waveform of so many samples. */
  frameCount(samples: number): number;
  /** Sizes of the masks of `TrainingNoise` for waves padded to so many samples. */
  noiseShape(samples: number): { time: number; features: number; layers: number };
  /** Pure tfjs: runs eagerly on any backend, or inside a function that is compiled. */
  apply(input: EncoderInput, options?: ApplyOptions): EncoderOutput;
  /**
   * The blocks above a layer, as in `apply`. Rows may be padded, whatever `batching` says: attention looks at each row's own
   * frames only. `layers` begins with the frames that are given. Absent where there are no blocks.
   */
  resume?(reached: ReachedFrames, options?: ApplyOptions): EncoderOutput;
  /** Frees the parameters. */
  dispose(): void;
}

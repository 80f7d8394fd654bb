/** What an encoder makes of one waveform. */
export interface Features {
  /** [frames, features], or [layers + 1, frames, features]. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Which layers are kept: see `FrozenOptions.layers`. */
export type FrozenLayers = 'last' | 'all' | number;

/** In which numbers a frozen encoder computes: see `FrozenOptions.precision`. */
export type FrozenPrecision = 'float32' | 'float16';

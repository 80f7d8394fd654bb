/** What an encoder makes of one waveform. */
export interface Features {
  /** [frames, features], or [layers + 1, frames, features]. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Which layers are kept: see `FrozenOptions.layers`. */
export type FrozenLayers = 'last' | 'all' | number;

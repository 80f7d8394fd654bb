/**
 * The largest sizes that are believed when a file states them. Memory and time follow what files state, so each is held
 * to one of these first. All are far above the largest speech encoders (48 blocks of 1,920 features, 1,300 tensors).
 */
export const LIMITS = {
  /** Bytes of `config.json`; large ones list some thousand labels. */
  configBytes: 4 * 2 ** 20,
  /** Bytes of the index of shards, and of a safetensors header: about 100,000 tensors. Objects of JSON take ten times as much memory. */
  headerBytes: 16 * 2 ** 20,
  /** Shards of one model. All are open at once, and a process may often open 1,024 files. */
  shards: 256,
  /** Axes of a tensor; convolutions have three. */
  rank: 8,
  /** Characters of a tensor's name. */
  nameLength: 256,
  /** Entries of a torch zip: one for each storage, and a few more. A checkpoint with its optimiser has three for a tensor. */
  zipEntries: 10_000,
  /** Bytes of the pickle in a torch zip; about 400 for each tensor. */
  pickleBytes: 16 * 2 ** 20,
  /** Steps of the pickle machine, each of which makes at most one object; about 40 for each tensor. */
  pickleSteps: 1_000_000,
  /** Blocks of a transformer. */
  layers: 512,
  /** Features of a frame, channels of a convolution. */
  features: 16_384,
  /** Features inside a feed-forward layer. */
  feedForward: 131_072,
  /** Heads of an attention: each holds a number for every pair of frames. */
  heads: 256,
  /** Taps of a convolution. */
  kernel: 4096,
  /** Convolutions on the waveform. */
  convolutions: 32,
  /** Samples between two frames: at least 1 ms, because attention takes memory by the square of the frames, and at most 10 s. */
  hop: [16, 160_000],
  /** Samples that one frame looks at: 1 minute. Shorter waveforms give no frame. */
  receptiveField: 960_000,
  /** Buckets of relative positions: fewer than 4 leave none for a direction. */
  buckets: [4, 4096],
  /** Frames that absolute positions reach: 5.5 hours of 50 a second. */
  positions: 1_000_000,
  /** Mel filters; a spectrum of 25 ms has 201 lines. */
  melBins: 512,
  /** Entries of a hub's list of files, and bytes of one answer. */
  hubFiles: 10_000,
  hubAnswerBytes: 16 * 2 ** 20,
} as const;

import { InputError } from '@ser/files';

/** What is used of the Emscripten module around SpeexDSP's resampler. Pointers are byte offsets into its heap. */
interface Speex {
  readonly HEAPF32: Float32Array;
  readonly HEAP32: Int32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _speex_resampler_init(channels: number, from: number, to: number, quality: number, error: number): number;
  _speex_resampler_skip_zeros(state: number): number;
  _speex_resampler_process_float(
    state: number,
    channel: number,
    input: number,
    inputLength: number,
    output: number,
    outputLength: number,
  ): number;
  _speex_resampler_destroy(state: number): void;
}

/** SpeexDSP's best: a 256-tap windowed sinc. Aliases and images stay below -120 dB, the passband ends at 0.968 Nyquist. */
const quality = 10;
/** Frames given to the resampler at a time. */
const chunk = 16_384;

let loading: Promise<Speex> | undefined;

function load(): Promise<Speex> {
  loading ??= import('@echogarden/speex-resampler-wasm/simd').then(({ default: create }) => create() as Promise<Speex>);
  return loading;
}

/**
 * Band-limited sample rate conversion without delay: sample 0 stays at time 0.
 *
 * @returns `round(signal.length * to / from)` samples, at least one.
 */
export async function resample(signal: Float32Array, from: number, to: number): Promise<Float32Array> {
  if (from === to) return signal;
  const speex = await load();
  const wanted = Math.max(1, Math.round((signal.length * to) / from));
  const out = new Float32Array(wanted);
  const room = Math.ceil((chunk * to) / from) + 16;
  const input = speex._malloc(4 * chunk);
  const output = speex._malloc(4 * room);
  const lengths = speex._malloc(12);
  const state = speex._speex_resampler_init(1, from, to, quality, lengths + 8);
  try {
    if (state === 0) throw new InputError(`sample rate ${from} Hz cannot be converted to ${to} Hz`);
    speex._speex_resampler_skip_zeros(state);
    let read = 0;
    let written = 0;
    // Zeros follow the signal until what the filter still holds has come out.
    while (written < wanted) {
      const size = read < signal.length ? Math.min(chunk, signal.length - read) : chunk;
      const part = read < signal.length ? signal.subarray(read, read + size) : new Float32Array(size);
      speex.HEAPF32.set(part, input / 4);
      speex.HEAP32[lengths / 4] = size;
      speex.HEAP32[lengths / 4 + 1] = room;
      if (speex._speex_resampler_process_float(state, 0, input, lengths, output, lengths + 4) !== 0) {
        throw new Error(`the resampler failed at ${from} Hz`);
      }
      const made = Math.min(speex.HEAP32[lengths / 4 + 1] ?? 0, wanted - written);
      out.set(speex.HEAPF32.subarray(output / 4, output / 4 + made), written);
      read += speex.HEAP32[lengths / 4] ?? 0;
      written += made;
    }
  } finally {
    if (state !== 0) speex._speex_resampler_destroy(state);
    for (const pointer of [input, output, lengths]) speex._free(pointer);
  }
  return out;
}

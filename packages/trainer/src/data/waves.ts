import { createHash } from 'node:crypto';
import { createDecoder, isEmptyAudio, readWaveform, type Utterance } from '@ser/datasets';
import { availableParallelism, freemem } from 'node:os';
import { InputError, messageOf } from '@ser/files';
import type { Source } from './plan';
import { speechBounds } from './trim';

/** One utterance's trimmed waveform: in shared memory, or where to read it again. */
export interface StoredWave extends Source {
  readonly shared?: SharedArrayBuffer | undefined;
  readonly audio: string;
  readonly start?: number;
  readonly end?: number;
  /** First sample kept by trimming. */
  readonly trimStart: number;
  /** SHA-256 of all its samples, mono at 16 kHz; none of silence. */
  readonly digest?: string | undefined;
}

export interface LoadOptions {
  readonly trim: 'none' | 'silence';
  readonly trimDb: number;
  /** Fewest samples that give one frame. */
  readonly minSamples: number;
  /** Memory for waveforms in bytes; a third of what is free by default. What does not fit is decoded again when needed. */
  readonly budget?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

const leaveOut = '; --allow-incomplete leaves it out';

/**
 * Decodes every utterance once, before anything is computed, so that all bad files are known at once.
 * @throws {InputError} that lists every file that cannot be used.
 */
export async function loadWaves(
  utterances: readonly Utterance[],
  options: LoadOptions,
): Promise<Map<string, StoredWave>> {
  const waves = new Map<string, StoredWave>();
  const problems: string[] = [];
  let free = options.budget ?? freemem() / 3;
  let next = 0;
  const decoder = createDecoder({ workers: Math.min(4, availableParallelism()) });
  const load = async (): Promise<void> => {
    for (let utterance = utterances[next++]; utterance; utterance = utterances[next++]) {
      const { id, audio, start, end } = utterance;
      try {
        const wave = await decoder.read(audio, { start, end });
        const bounds = options.trim === 'silence' ? speechBounds(wave, options.trimDb) : { start: 0, end: wave.length };
        const samples = bounds.end - bounds.start;
        if (samples < options.minSamples) {
          // What only trimming made too short stays where a corpus may be incomplete, too.
          const hint = wave.length < options.minSamples ? leaveOut : '';
          throw new InputError(
            `${audio}: ${wave.length} samples at 16 kHz, expected at least ${options.minSamples}${hint}`,
          );
        }
        const keep = free >= samples * 4;
        if (keep) free -= samples * 4;
        const shared = keep ? share(wave.subarray(bounds.start, bounds.end)) : undefined;
        waves.set(id, { id, samples, audio, start, end, trimStart: bounds.start, shared, digest: digestOf(wave) });
      } catch (error) {
        const message = messageOf(error) + (isEmptyAudio(error) ? leaveOut : '');
        problems.push(message.includes(audio) ? message : `${audio}: ${message}`);
      }
      options.onProgress?.(waves.size + problems.length, utterances.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: 8 }, load));
  } finally {
    await decoder.close();
  }
  if (problems.length > 0) {
    problems.sort();
    const shown = problems.slice(0, 20).map((line) => `  ${line}`);
    const more = problems.length > 20 ? [`  … and ${problems.length - 20} more`] : [];
    throw new InputError(
      [`${problems.length} of ${utterances.length} audio files cannot be used:`, ...shown, ...more].join('\n'),
    );
  }
  return waves;
}

/** The waveform itself. */
export async function waveOf(stored: StoredWave): Promise<Float32Array> {
  if (stored.shared) return new Float32Array(stored.shared);
  const wave = await readWaveform(stored.audio, { start: stored.start, end: stored.end });
  return wave.subarray(stored.trimStart, stored.trimStart + stored.samples);
}

function digestOf(wave: Float32Array): string | undefined {
  if (wave.every((sample) => sample === 0)) return undefined;
  return createHash('sha256').update(wave).digest('hex');
}

function share(wave: Float32Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(wave.byteLength);
  new Float32Array(buffer).set(wave);
  return buffer;
}

/** Looks up an utterance that must have been loaded. */
export function storedWave(waves: ReadonlyMap<string, StoredWave>, id: string): StoredWave {
  const stored = waves.get(id);
  if (!stored) throw new Error(`utterance "${id}" was not loaded`);
  return stored;
}

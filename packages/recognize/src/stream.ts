import { InputError } from './input-error';
import type { Recognition } from './recognition';
import { createVoiceActivity, type VoiceActivityOptions } from './voice-activity';

export interface StreamOptions {
  /** Seconds between two answers; 0.5 when absent. */
  readonly hop?: number;
  /** Seconds that an answer is about; 3 when absent. */
  readonly window?: number;
  /** How a voice is told from the background. */
  readonly voice?: VoiceActivityOptions;
}

/** What is heard at one moment of a stream. */
export interface Moment {
  /** Seconds from the beginning of the stream to the end of what was heard. */
  readonly time: number;
  /** Whether somebody spoke since the last answer. */
  readonly speaking: boolean;
  /** About the last `window` seconds; absent while nobody speaks. */
  readonly recognition?: Recognition;
}

/**
 * Listens to a stream of samples and answers every `hop` seconds, about the last `window` seconds. The model runs only
 * while somebody speaks.
 *
 * @param hear what recognises samples, such as a recogniser's `recognize`
 * @param chunks mono samples of any number at `sampleRate`, as they come
 * @throws {InputError} for a hop or window that is no positive number
 */
export async function* listen(
  hear: (samples: Float32Array) => Promise<Recognition>,
  chunks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  sampleRate: number,
  options: StreamOptions = {},
): AsyncGenerator<Moment, void, undefined> {
  const { hop = 0.5, window = 3, voice } = options;
  for (const [name, value] of Object.entries({ hop, window }))
    if (!(value > 0 && value < Infinity)) throw new InputError(`${name}: ${value}, expected seconds above 0`);
  const activity = createVoiceActivity({ sampleRate, ...voice });
  const each = Math.max(1, Math.round(hop * sampleRate));
  const last = new Float32Array(Math.round(window * sampleRate));
  let heard = 0;
  let speaking = false;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + each - (heard % each));
      at += part.length;
      heard += part.length;
      remember(last, part);
      speaking = activity.push(part) || speaking;
      if (heard % each > 0) continue;
      const time = heard / sampleRate;
      const recognition = speaking ? await hearIfEnough(hear, last.slice(-Math.min(heard, last.length))) : undefined;
      yield { time, speaking, ...(recognition ? { recognition } : {}) };
      speaking = false;
    }
  }
}

/** Moves `part` in at the end. */
function remember(last: Float32Array, part: Float32Array): void {
  const kept = part.length >= last.length ? part.subarray(part.length - last.length) : part;
  last.copyWithin(0, kept.length);
  last.set(kept, last.length - kept.length);
}

/** Nothing while there is too little sound for the model. */
async function hearIfEnough(
  hear: (samples: Float32Array) => Promise<Recognition>,
  samples: Float32Array,
): Promise<Recognition | undefined> {
  try {
    return await hear(samples);
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') return undefined;
    throw error;
  }
}

import type { ModelDescription } from './description';
import { InputError } from './input-error';
import { readOutput, type Recognition } from './recognition';
import type { Network } from './runtime';
import { listen, type Moment, type StreamOptions } from './stream';

/** Sound: [samples] mono at the model's rate and full scale ±1, or a WAV file's path or URL, bytes or Blob. */
export type Sound = Float32Array | string | URL | Uint8Array | ArrayBuffer | Blob;

/** Reads a file of sound: [samples] mono at `sampleRate`. */
export type Decode = (sound: Exclude<Sound, Float32Array>, sampleRate: number) => Promise<Float32Array>;

/** A model that is open. Calls run one after the other. */
export interface Recognizer {
  readonly description: ModelDescription;
  /**
   * Recognises a recording of any length.
   * @throws {InputError} for sound that cannot be read, is too short, or that the model gives no number for
   */
  recognize(sound: Sound): Promise<Recognition>;
  /** Listens to samples as they come, such as a microphone's; answers every `hop` seconds. */
  stream(
    chunks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
    options?: StreamOptions,
  ): AsyncGenerator<Moment, void, undefined>;
  /** Frees the model. */
  close(): Promise<void>;
}

export function createRecognizer(network: Network, description: ModelDescription, decode: Decode): Recognizer {
  const { sampleRate } = description;
  let turn: Promise<unknown> = Promise.resolve();
  const recognize = async (sound: Sound): Promise<Recognition> => {
    const samples = sound instanceof Float32Array ? sound : await decode(sound, sampleRate);
    const wrong = samples.findIndex((x) => !Number.isFinite(x));
    if (wrong >= 0) throw new InputError(`sample ${wrong} is ${samples[wrong]}, expected a number`);
    const output = turn.then(() => network.run(samples));
    turn = output.catch(() => undefined);
    return readOutput(await output, description, () => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  };
  return {
    description,
    recognize,
    stream: (chunks, options) => listen(recognize, chunks, sampleRate, options),
    close: () => turn.then(() => network.release()),
  };
}

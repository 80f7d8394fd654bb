/// <reference lib="dom" />
/// <reference lib="dom.asynciterable" />
import type * as Ort from 'onnxruntime-common';
import { readDescription, type ModelDescription } from './description';
import { InputError } from './input-error';
import { meanOf } from './mean-of';
import { readPcmWav } from './pcm-wav';
import { createRecognizer, type Decode, type Recognizer, type Sound } from './recognizer';
import { loadNetwork, type OnnxRuntime } from './runtime';

export * from './shared';

export interface OpenOptions {
  /** ONNX Runtime; onnxruntime-web when absent. */
  readonly runtime?: OnnxRuntime;
  /** What ONNX Runtime is told; `{ executionProviders: ['webgpu', 'wasm'] }` computes on the GPU where there is one. */
  readonly session?: Ort.InferenceSession.SessionOptions;
  /** What stands in the JSON file, for a model that has none beside it. */
  readonly description?: ModelDescription;
  /** How files of sound are read; when absent by the browser: WAV, MP3, Ogg and what else it plays. */
  readonly decode?: Decode;
}

/**
 * Opens a model of `ser export`, in a page.
 *
 * @param model URL of the .onnx file, with its .json beside it; or the model's bytes, with `description`
 * @throws {InputError} when a file is missing or of another kind
 */
export async function open(model: string | URL | Uint8Array, options: OpenOptions = {}): Promise<Recognizer> {
  const bytes = model instanceof Uint8Array ? model : new Uint8Array(await (await get(model)).arrayBuffer());
  const name = model instanceof Uint8Array ? 'the model' : String(model);
  const description = options.description ?? (await descriptionBeside(model));
  const runtime = options.runtime ?? (await import('onnxruntime-web'));
  const network = await loadNetwork(runtime, bytes, name, options.session);
  return createRecognizer(network, description, options.decode ?? readSound);
}

async function descriptionBeside(model: string | URL | Uint8Array): Promise<ModelDescription> {
  if (model instanceof Uint8Array) throw new InputError("a model's bytes need its description, too: { description }");
  const url = String(model).replace(/\.onnx(?=$|[?#])/, '.json');
  const value: unknown = await (await get(url)).json();
  return readDescription(value, url);
}

async function get(url: string | URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new InputError(`${String(url)}: the server answers ${response.status}`);
  return response;
}

/**
 * Reads a file of sound in a page: [samples] mono. 16-bit WAV at this rate exactly, all else as the browser decodes and
 * resamples it.
 *
 * @throws {InputError} when the browser cannot read it
 */
export async function readSound(sound: Exclude<Sound, Float32Array>, sampleRate: number): Promise<Float32Array> {
  const bytes = await bytesOf(sound);
  const exact = readPcmWav(bytes, sampleRate);
  if (exact) return exact;
  let audio: AudioBuffer;
  try {
    audio = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes);
  } catch (error) {
    throw new InputError(
      `the browser cannot read this sound (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  return meanOf(Array.from({ length: audio.numberOfChannels }, (_, channel) => audio.getChannelData(channel)));
}

async function bytesOf(sound: Exclude<Sound, Float32Array>): Promise<ArrayBuffer> {
  if (sound instanceof ArrayBuffer) return sound.slice(0);
  if (sound instanceof Blob) return sound.arrayBuffer();
  if (sound instanceof Uint8Array) return new Uint8Array(sound).buffer;
  return (await get(sound)).arrayBuffer();
}

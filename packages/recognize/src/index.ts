import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Ort from 'onnxruntime-common';
import { readDescription, type ModelDescription } from './description';
import { InputError } from './input-error';
import { readSound } from './read-sound';
import { createRecognizer, type Decode, type Recognizer } from './recognizer';
import { loadNetwork, type OnnxRuntime } from './runtime';

export { readSound } from './read-sound';
export * from './shared';

export interface OpenOptions {
  /** ONNX Runtime; onnxruntime-node when absent. */
  readonly runtime?: OnnxRuntime;
  /** What ONNX Runtime is told: execution providers, threads. */
  readonly session?: Ort.InferenceSession.SessionOptions;
  /** What stands in the JSON file, for a model that has none beside it. */
  readonly description?: ModelDescription;
  /** How files of sound are read; when absent: WAV files, of any rate. */
  readonly decode?: Decode;
}

/**
 * Opens a model of `ser export`, in Node.
 *
 * @param model path of the .onnx file, with its .json beside it; or the model's bytes, with `description`
 * @throws {InputError} when a file is missing or of another kind
 */
export async function open(model: string | URL | Uint8Array, options: OpenOptions = {}): Promise<Recognizer> {
  const file = model instanceof URL ? fileURLToPath(model) : model;
  const name = typeof file === 'string' ? file : 'the model';
  const description = options.description ?? (await descriptionBeside(file));
  const runtime = options.runtime ?? onnxRuntime();
  const network = await loadNetwork(runtime, file, name, options.session);
  return createRecognizer(network, description, options.decode ?? readSound);
}

async function descriptionBeside(model: string | Uint8Array): Promise<ModelDescription> {
  if (typeof model !== 'string') throw new InputError("a model's bytes need its description, too: { description }");
  const path = join(dirname(model), `${basename(model).replace(/\.onnx$/, '')}.json`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new InputError(`${path}: cannot be read; expected the JSON file that ser export writes beside a model`);
  }
  try {
    return readDescription(JSON.parse(text), path);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** It reports its use to its maker unless this is set before its library is loaded. */
function onnxRuntime(): OnnxRuntime {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  try {
    return createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
  } catch (error) {
    throw new InputError(
      `onnxruntime-node cannot be loaded (${error instanceof Error ? error.message.split('\n')[0] : String(error)}): npm install onnxruntime-node --ignore-scripts`,
    );
  }
}

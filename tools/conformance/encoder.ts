import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  batchWaves,
  createFrozenEncoder,
  type Encoder,
  type EncoderInput,
  exportEncoder,
  loadEncoder,
} from '@ser/frontend-wavlm';
import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import * as ort from '@ser/onnx-jit/onnxruntime';
import { absoluteError, type Check, Field } from './fixture';

const tolerance = 1e-4;
const weightFiles = ['model.safetensors', 'pytorch_model.bin'] as const;

/** What one utterance must give: the output and the last blocks' outputs, of every so manieth frame. */
interface Reference {
  readonly wave: Float32Array;
  readonly frames: number;
  readonly every: number;
  readonly layers: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/** What one utterance gave: [frames · features] each. */
interface Result {
  readonly layers: readonly Float32Array[];
  readonly output: Float32Array;
}

/** A way to run an encoder on several utterances at once. */
interface Engine {
  run(waves: readonly Float32Array[]): Promise<Result[]>;
  dispose(): Promise<void>;
}

/**
 * WavLM or HuBERT from either checkpoint format: every layer and the output, each utterance alone and in a batch,
 * eager, compiled, in the frozen session and in the exported model.
 */
export async function encoder(folder: string): Promise<Check[]> {
  await tf.setBackend('cpu');
  const fixture = Field.readFile(path.join(folder, 'golden.json'));
  const short = readCases(fixture);
  const long = fixture.has('long') ? [readLong(fixture.get('long'))] : [];
  const checks: Check[] = [];
  for (const weights of weightFiles.filter((name) => existsSync(path.join(folder, name)))) {
    const view = viewWith(folder, weights);
    const model = await loadEncoder(view);
    // Both files hold the same tensors: the long wave is worth its minute once.
    const references = weights === weightFiles[0] ? [...short, ...long] : short;
    // A model whose statistics run over time takes no padding: its batch is one utterance twice.
    const batch = model.batching === 'padded' ? short : [short[0]!, short[0]!];
    for (const [name, open] of Object.entries(engines)) {
      try {
        const engine = await open(model, view);
        const alone: Result[] = [];
        for (const { wave } of references) alone.push(...(await engine.run([wave])));
        const together = await engine.run(batch.map(({ wave }) => wave));
        await engine.dispose();
        const check = (reference: Reference, index: number, result: Result | undefined, where: string): void => {
          checks.push(...compare(name, `${weights} ${where} ${index}`, reference, result));
        };
        references.forEach((reference, index) => check(reference, index, alone[index], 'utterance'));
        batch.forEach((reference, index) => check(reference, index, together[index], 'batched utterance'));
      } catch (error) {
        // The other engines still have something to say.
        const message = error instanceof Error ? error.message : String(error);
        checks.push({ engine: name, quantity: `${weights}: ${message}`, error: Infinity, tolerance });
      }
    }
    model.dispose();
    rmSync(view, { recursive: true });
  }
  return checks;
}

const engines: Record<string, (model: Encoder, folder: string) => Promise<Engine>> = {
  eager: async (model) => ({
    run: async (waves) => {
      const input = batchWaves(model, waves);
      const outputs = await read(tf.tidy(() => forward(model, input)));
      tf.dispose([input.waves, input.lengths]);
      return perUtterance(model, waves, outputs);
    },
    dispose: () => Promise.resolve(),
  }),

  compiled: async (model) => {
    const compiled = jit(({ waves, lengths }: { waves: tf.Tensor2D; lengths: tf.Tensor1D }) =>
      forward(model, { waves, lengths }),
    );
    return {
      run: async (waves) => {
        const input = batchWaves(model, waves);
        const outputs = await read(await compiled({ waves: input.waves, lengths: input.lengths }));
        tf.dispose([input.waves, input.lengths]);
        return perUtterance(model, waves, outputs);
      },
      dispose: () => compiled.dispose(),
    };
  },

  frozen: async (model, folder) => {
    const cacheDir = path.join(folder, 'cache');
    const last = await createFrozenEncoder(model, { cacheDir, layers: 'last' });
    const all = await createFrozenEncoder(model, { cacheDir, layers: 'all' });
    return {
      run: async (waves) => {
        const outputs = await last.extract(waves);
        const layers = await all.extract(waves);
        return outputs.map(({ data }, index) => ({
          output: data,
          layers: split(layers[index]!.data, model.layerCount + 1),
        }));
      },
      dispose: async () => {
        await last.dispose();
        await all.dispose();
      },
    };
  },

  // What the frozen session runs, but padded as far as the longest utterance asks, whatever their lengths.
  exported: async (model) => {
    const session = await ort.InferenceSession.create(exportEncoder(model, { layers: true }), { logSeverityLevel: 3 });
    return {
      run: async (waves) => {
        const input = batchWaves(model, waves);
        const results = await session.run({
          waves: new ort.Tensor('float32', Float32Array.from(await input.waves.data()), input.waves.shape),
          lengths: new ort.Tensor('int32', Int32Array.from(await input.lengths.data()), input.lengths.shape),
        });
        tf.dispose([input.waves, input.lengths]);
        const values = (name: string): Float32Array => Float32Array.from(results[name]!.data as Float32Array);
        const layers = split(values('layers'), model.layerCount + 1);
        return perUtterance(model, waves, { output: values('frames'), layers });
      },
      dispose: () => session.release(),
    };
  },
};

function forward(model: Encoder, input: EncoderInput): { output: tf.Tensor3D; layers: tf.Tensor3D[] } {
  const { frames, layers = [] } = model.apply(input, { layers: true });
  return { output: frames, layers };
}

async function read(outputs: { output: tf.Tensor3D; layers: tf.Tensor3D[] }): Promise<Result> {
  const values = async (tensor: tf.Tensor): Promise<Float32Array> => Float32Array.from(await tensor.data());
  const result = { output: await values(outputs.output), layers: await Promise.all(outputs.layers.map(values)) };
  tf.dispose([outputs.output, ...outputs.layers]);
  return result;
}

/** The rows of a batch without their padding. */
function perUtterance(model: Encoder, waves: readonly Float32Array[], batch: Result): Result[] {
  return waves.map((wave, index) => {
    const valid = (values: Float32Array): Float32Array =>
      split(values, waves.length)[index]!.subarray(0, model.frameCount(wave.length) * model.hiddenSize);
    return { output: valid(batch.output), layers: batch.layers.map(valid) };
  });
}

function split(values: Float32Array, parts: number): Float32Array[] {
  const size = values.length / parts;
  return Array.from({ length: parts }, (_, index) => values.subarray(index * size, (index + 1) * size));
}

function compare(engine: string, where: string, reference: Reference, result: Result | undefined): Check[] {
  const width = reference.output.length / Math.ceil(reference.frames / reference.every);
  const kept = (values: Float32Array): Float32Array =>
    values.filter((_, index) => Math.floor(index / width) % reference.every === 0);
  // A reference that lacks the input of block 1 starts with block 1's output: the lists agree at their ends.
  const layers = result?.layers.slice(-reference.layers.length || Infinity) ?? [];
  const compared = [{ name: 'output', actual: result && kept(result.output), expected: reference.output }];
  reference.layers.forEach((expected, index) => {
    compared.push({ name: `layer ${index}`, actual: layers[index] && kept(layers[index]), expected });
  });
  return compared.map(({ name, actual, expected }) => {
    return { engine, quantity: `${where} ${name}`, error: absoluteError(actual ?? [], expected), tolerance };
  });
}

function readCases(fixture: Field): Reference[] {
  const waves = fixture.get('waves').list();
  const cases = fixture.get('cases').list();
  return cases.map((item, index) => ({
    wave: Float32Array.from(waves[index]?.array().data ?? []),
    frames: item.get('frames').number(),
    every: 1,
    layers: item
      .get('layers_before_final_norm')
      .list()
      .map((layer) => layer.array().data),
    output: item.get('output').array().data,
  }));
}

/** The long wave is a formula: float32(0.2 · sin(2π · (100 + 20 n / 16000) · n / 16000)). */
function readLong(item: Field): Reference {
  const wave = new Float32Array(item.get('length').number());
  for (let n = 0; n < wave.length; n++) wave[n] = 0.2 * Math.sin((2 * Math.PI * (100 + (20 * n) / 16000) * n) / 16000);
  const output = item.get('output_every_32nd').array().data;
  return { wave, frames: item.get('frames').number(), every: 32, layers: [], output };
}

/** The checkpoint as if it had been downloaded with one weight file only. */
function viewWith(folder: string, weights: string): string {
  const view = mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  for (const name of ['config.json', 'preprocessor_config.json', weights]) {
    if (existsSync(path.join(folder, name))) symlinkSync(path.resolve(folder, name), path.join(view, name));
  }
  return view;
}

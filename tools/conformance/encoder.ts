import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Encoder, type EncoderInput, loadEncoder } from '@ser/frontend-wavlm';
import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { absoluteError, type Check, Field } from './fixture';
import { frozenLayers } from './frozen';

const tolerance = 1e-4;
const weightFiles = ['model.safetensors', 'pytorch_model.bin'] as const;

/** What one utterance must give: every layer known to the reference, and the output, rows of `every` frames. */
interface Reference {
  readonly wave: Float32Array;
  readonly frames: number;
  readonly every: number;
  readonly layers: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/** Values of one run, by utterance: every layer and the output, [frames of the utterance × features]. */
export interface Run {
  readonly layers: Float32Array[];
  readonly output: Float32Array;
}

/** WavLM or HuBERT from both checkpoint formats: every layer and the output, alone and in a batch, on every engine. */
export async function encoder(folder: string): Promise<Check[]> {
  await tf.setBackend('cpu');
  const fixture = Field.readFile(path.join(folder, 'golden.json'));
  const short = readCases(fixture);
  const long = fixture.has('long') ? [readLong(fixture.get('long'))] : [];
  const checks: Check[] = [];
  const outputs: Run[] = [];
  for (const weights of weightFiles.filter((name) => existsSync(path.join(folder, name)))) {
    const view = viewWith(folder, weights);
    const model = await loadEncoder(view);
    try {
      for (const [engine, run] of Object.entries(runners(model, view))) {
        // Both files hold the same tensors: the second is compared through the eager engine alone.
        if (outputs.length > 0 && engine !== 'eager') continue;
        for (const [index, reference] of [...short, ...long].entries()) {
          const [result] = await run([reference.wave]);
          checks.push(...compare(`${engine}`, `${weights} utterance ${index} alone`, reference, result!));
          if (engine === 'eager' && index === 0) outputs.push(result!);
        }
        const batch = model.batching === 'padded' ? short : [short[0]!, short[0]!];
        for (const [index, result] of (await run(batch.map(({ wave }) => wave))).entries()) {
          checks.push(...compare(engine, `${weights} utterance ${index} in a batch`, batch[index]!, result));
        }
      }
    } finally {
      model.dispose();
      rmSync(view, { recursive: true });
    }
  }
  return checks;
}

type Runner = (waves: readonly Float32Array[]) => Promise<Run[]>;

function runners(model: Encoder, folder: string): Record<string, Runner> {
  return {
    eager: async (waves) => {
      const output = tf.tidy(() => layered(model, batchOf(waves)));
      return collect(model, waves, output);
    },
    compiled: async (waves) => {
      const forward = jit((input: { waves: tf.Tensor2D; lengths: tf.Tensor1D }) => layered(model, input));
      const input = batchOf(waves);
      const runs = await collect(model, waves, await forward(input));
      tf.dispose(input);
      await forward.dispose();
      return runs;
    },
    frozen: (waves) => frozenLayers(model, folder, waves),
  };
}

function layered(model: Encoder, input: EncoderInput): Record<string, tf.Tensor3D> {
  const { frames, layers } = model.apply(input, { layers: true });
  const outputs: Record<string, tf.Tensor3D> = { output: frames };
  layers?.forEach((layer, index) => (outputs[`layer${index}`] = layer));
  return outputs;
}

/** Zero-padded batch of waveforms at 16 kHz: waves [batch, samples] and lengths [batch]. */
function batchOf(waves: readonly Float32Array[]): { waves: tf.Tensor2D; lengths: tf.Tensor1D } {
  const samples = Math.max(...waves.map((wave) => wave.length));
  const padded = new Float32Array(waves.length * samples);
  waves.forEach((wave, index) => padded.set(wave, index * samples));
  return {
    waves: tf.tensor2d(padded, [waves.length, samples]),
    lengths: tf.tensor1d(
      waves.map((wave) => wave.length),
      'int32',
    ),
  };
}

async function collect(
  model: Encoder,
  waves: readonly Float32Array[],
  outputs: Record<string, tf.Tensor3D>,
): Promise<Run[]> {
  const values = new Map<string, Float32Array>();
  const [, frames, features] = outputs['output']!.shape;
  for (const [name, tensor] of Object.entries(outputs)) values.set(name, Float32Array.from(await tensor.data()));
  tf.dispose(outputs);
  return waves.map((wave, index) => {
    const start = index * frames * features;
    const valid = (name: string): Float32Array =>
      values.get(name)!.subarray(start, start + model.frameCount(wave.length) * features);
    const layers = [...values.keys()].filter((name) => name !== 'output').map(valid);
    return { layers, output: valid('output') };
  });
}

function compare(engine: string, where: string, reference: Reference, run: Run): Check[] {
  const width = reference.output.length / Math.ceil(reference.frames / reference.every);
  const rows = (values: Float32Array): number[] =>
    Array.from(values).filter((_, index) => Math.floor(index / width) % reference.every === 0);
  const checks = [
    { engine, quantity: `${where} output`, error: absoluteError(rows(run.output), reference.output), tolerance },
  ];
  // A reference that lacks the input of block 1 starts with block 1's output: the lists agree at their ends.
  const layers = run.layers.slice(run.layers.length - reference.layers.length);
  reference.layers.forEach((expected, index) => {
    const error = absoluteError(layers[index] ?? [], expected);
    checks.push({ engine, quantity: `${where} layer ${index}`, error, tolerance });
  });
  return checks;
}

function readCases(fixture: Field): Reference[] {
  const waves = fixture.get('waves').list();
  return fixture
    .get('cases')
    .list()
    .map((item, index) => ({
      wave: Float32Array.from(waves[index]?.has('data') ? waves[index].array().data : (waves[index]?.numbers() ?? [])),
      frames: item.get('frames').number(),
      every: 1,
      layers: item
        .get('layers_before_final_norm')
        .list()
        .map((layer) => layer.array().data),
      output: item.get('output').array().data,
    }));
}

/** The long wave is a formula: float32(0.2·sin(2π·(100 + 20·n/16000)·n/16000)). */
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

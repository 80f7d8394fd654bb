import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandomEncoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { largestDifference } from '../../../../tools/test-support/difference';
import { tinyConfigs } from '../../../../tools/test-support/tiny-encoders';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import { openEngine } from '../training/engine';
import { createModel, decide, disposeModel, forward, openEncoders, parameter } from '../model/model';
import { seeded } from '../random';
import { runFold } from './fold';
import { framesStay, frozenSignals, waveSignals } from './signal';
import { tinyFold } from '../testing/tiny-fold';

const root = mkdtempSync(join(tmpdir(), 'ser-signal-'));
const before = process.env['SER_CACHE'];
afterEach(() => {
  if (before === undefined) delete process.env['SER_CACHE'];
  else process.env['SER_CACHE'] = before;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { whisper, hubertBase: hubert, wavlmLarge: wavlm } = tinyConfigs;
const cpu = { provider: 'cpu' } as const;

function testBatch(lengths: readonly number[], samples: number): BatchArrays {
  const random = seeded('signal');
  const waves = new Float32Array(lengths.length * samples);
  lengths.forEach((length, row) => {
    for (let n = 0; n < length; n++) waves[row * samples + n] = random() - 0.5;
  });
  return {
    ids: lengths.map((_, i) => `u${i}`),
    size: lengths.length,
    samples,
    waves,
    lengths: Int32Array.from(lengths),
    targets: new Float32Array(lengths.length * 2),
    labels: new Int32Array(lengths.length),
    whole: lengths.map(() => true),
  };
}

describe('the features of a frozen encoder', () => {
  test.each([
    ['whisper', whisper, { layer: 'last' }, [3000, 3200, 1600], 3200],
    ['whisper, one layer', whisper, { layer: '1' }, [3000, 3200, 1600], 3200],
    ['whisper, a sum of all', whisper, { layer: 'weighted' }, [3000, 3200, 1600], 3200],
    ['whisper, a sum of the blocks', whisper, { layer: 'blocks' }, [3000, 3200, 1600], 3200],
    ['hubert with group norm', hubert, { layer: 'last' }, [3200, 3200], 3200],
    ['whisper, the last block learns', whisper, { layer: 'last', tune: 'top:1' }, [3000, 3200, 1600], 3200],
    ['whisper, a sum of all, all blocks learn', whisper, { layer: 'weighted', tune: 'top:2' }, [3000, 1600], 3200],
    ['whisper, a sum of the blocks, the last learns', whisper, { layer: 'blocks', tune: 'top:1' }, [1600, 3200], 3200],
    ['whisper, a block that learns is read', whisper, { layer: '1', tune: 'top:2' }, [3000, 1600], 3200],
    ['hubert, the last block learns', hubert, { layer: 'last', tune: 'top:1' }, [3200, 3200], 3200],
    ['wavlm, a sum of the blocks, the last learns', wavlm, { layer: 'blocks', tune: 'top:1' }, [3000, 3200], 3200],
  ] as const)(
    '%s: the model says what it says with the encoder inside',
    async (name, shape, layer, lengths, samples) => {
      process.env['SER_CACHE'] = join(root, name);
      await openEngine('onnx-cpu', 1);
      const { config } = await tinyFold(root, { tune: 'frozen', ...layer, encoder: 'whisper' });
      const encoder = createRandomEncoder(shape, seeded('encoder'));
      const model = createModel(config, { encoder }, 2, seeded('model'));
      const batch = testBatch(lengths, samples);
      const frozen = await frozenSignals({ ...config, threads: 1 }, cpu, encoder, [], () => undefined);
      const [features, waves] = await Promise.all([frozen.read(batch), waveSignals(encoder).read(batch)]);
      tf.tidy(() => {
        const outputs = [features, waves].map((input) => forward(model, input));
        for (const key of ['logits', 'embedding', 'attention', 'mask'] as const) {
          const [a, b] = outputs.map((output) => output[key].dataSync());
          expect({ key, difference: largestDifference(a ?? [], b ?? []) < 1e-4 }).toEqual({ key, difference: true });
        }
      });
      await frozen.dispose();
      disposeModel(model);
    },
  );

  test('an encoder that must not see padding fills padded batches with what it says of each utterance alone', async () => {
    process.env['SER_CACHE'] = join(root, 'alone');
    const encoder = createRandomEncoder(hubert, seeded('encoder'));
    const read = async (lengths: readonly number[], samples: number): Promise<Float32Array> => {
      const settings = { layer: 'last', tune: 'frozen', threads: 1, cacheLimit: 0, precision: 'float32' } as const;
      const frozen = await frozenSignals(settings, cpu, encoder, [], () => undefined);
      const signal = await frozen.read(testBatch(lengths, samples));
      await frozen.dispose();
      return 'features' in signal ? signal.features.dataSync<'float32'>() : new Float32Array();
    };
    const alone = await read([1600], 1600);
    const padded = await read([1600, 3200], 3200);
    expect(padded.subarray(0, alone.length)).toEqual(alone);
    expect(new Set(padded.subarray(alone.length, padded.length / 2))).toEqual(new Set([0]));
    encoder.dispose();
  });

  test('what the upper blocks learn never gets into the cache', async () => {
    const make = () => createRandomEncoder(whisper, seeded('encoder'));
    const read = async (cache: string): Promise<Float32Array> => {
      process.env['SER_CACHE'] = join(root, cache);
      const settings = { layer: '2', tune: 'frozen', threads: 1, cacheLimit: 0, precision: 'float32' as const };
      const encoder = make();
      const frozen = await frozenSignals(settings, cpu, encoder, [], () => undefined);
      const signal = await frozen.read(testBatch([1600], 1600));
      await frozen.dispose();
      encoder.dispose();
      return 'features' in signal ? signal.features.dataSync<'float32'>() : new Float32Array();
    };
    const alone = await read('pure');
    process.env['SER_CACHE'] = join(root, 'learnt');
    const encoder = make();
    const settings = { layer: 'blocks', tune: 'top:1', threads: 1, cacheLimit: 0, precision: 'float32' as const };
    const signals = await frozenSignals(settings, cpu, encoder, [], () => undefined);
    const learning = encoder.parameters.get('model.encoder.layers.1.fc2.bias');
    learning?.assign(tf.ones(learning.shape));
    await signals.read(testBatch([1600], 1600));
    await signals.dispose();
    expect(await read('learnt')).toEqual(alone);
    encoder.dispose();
  });

  test('only what comes out the same in every epoch is kept', async () => {
    const { config, engine } = await tinyFold(root);
    const frozen: Config = { ...config, encoder: 'whisper', tune: 'frozen' };
    const encoder = createRandomEncoder(whisper, seeded('encoder'));
    expect(framesStay(frozen, engine, encoder)).toBe(true);
    expect(framesStay({ ...frozen, tune: 'top:1' }, engine, encoder)).toBe(true);
    const others: Partial<Config>[] = [
      { tune: 'transformer' },
      { tune: 'top:1', layer: '1' },
      { specAugment: true },
      { layerDrop: 0.1 },
      { speed: [0.9, 1] },
    ];
    for (const other of others) expect(framesStay({ ...frozen, ...other }, engine, encoder)).toBe(false);
    for (const provider of ['webgpu', 'cuda'] as const) expect(framesStay(frozen, { provider }, encoder)).toBe(true);
    expect(framesStay(frozen, await openEngine('tfjs-cpu'), encoder)).toBe(false);
  });

  test.each([
    ['frozen', 'weighted'],
    ['top:1', 'blocks'],
  ])(
    'a fold (%s) computes each unmixed utterance once; it ends the same from an empty cache, a full one, and interrupted',
    async (tune, layer) => {
      const cache = join(root, `fold-${layer}`);
      process.env['SER_CACHE'] = cache;
      const run = async (name: string, stopAt = Infinity): Promise<unknown> => {
        const dir = join(root, `${layer}-${name}`);
        const controller = new AbortController();
        const job = await tinyFold(dir, { encoder: 'whisper', tune, layer, heads: 2 });
        const createEncoder = () => Promise.resolve(createRandomEncoder(whisper, seeded('encoder')));
        const step = ({ step }: { step: number }): void => (step >= stopAt ? controller.abort() : undefined);
        const progress = { ...job.progress, step };
        await runFold({ ...job, createEncoder, progress, signal: controller.signal });
        const text = (file: string): string => readFileSync(join(dir, file)).toString('base64');
        return [text('model.safetensors'), text('predictions.jsonl'), text('embeddings.jsonl')];
      };
      const files = (): string[] => {
        const folder = join(cache, 'features');
        const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) =>
          f.endsWith('.safetensors'),
        );
        return names.map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`).sort();
      };
      const cold = await run('cold');
      const written = files();
      expect(written).toHaveLength(26);
      expect(await run('warm')).toEqual(cold);
      expect(files()).toEqual(written);
      await expect(run('stopped', 7)).rejects.toThrow();
      expect(await run('stopped')).toEqual(cold);
    },
    120_000,
  );

  test('of mixed utterances, which a run leaves for others that mix alike, change nothing', async () => {
    process.env['SER_CACHE'] = join(root, 'mixing');
    const run = async (name: string, mixedDir?: string): Promise<string[]> => {
      const dir = join(root, `mixing-${name}`);
      const job = await tinyFold(dir, { encoder: 'whisper', tune: 'frozen', heads: 2, epochs: 2, mix: 'lam' });
      const createEncoder = () => Promise.resolve(createRandomEncoder(whisper, seeded('encoder')));
      const mixed = mixedDir === undefined ? {} : { mixed: { dir: mixedDir, times: 2 } };
      await runFold({ ...job, ...mixed, createEncoder });
      return ['model.safetensors', 'predictions.jsonl'].map((file) => readFileSync(join(dir, file)).toString('base64'));
    };
    const alone = await run('alone');
    const shared = join(root, 'shared');
    const files = (): string[] => readdirSync(shared, { recursive: true, encoding: 'utf8' }).sort();
    expect(await run('first', shared)).toEqual(alone);
    const left = files();
    expect(left.filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(10);
    expect(await run('second', shared)).toEqual(alone);
    expect(files()).toEqual(left);
  }, 120_000);

  test('that are stored below the blocks which learn let the probe hear the whole encoder as it came', async () => {
    process.env['SER_CACHE'] = join(root, 'untuned');
    const { config } = await tinyFold(root);
    const settings = { ...config, encoder: 'whisper', layer: 'blocks', tune: 'top:1', fusion: 'probe' } as const;
    const open = () => Promise.resolve(createRandomEncoder(whisper, seeded('encoder')));
    const model = createModel(settings, await openEncoders(settings, open), 2, seeded('model'));
    const stored = await frozenSignals(settings, cpu, model.encoder, [], () => undefined);
    for (const { group, variable } of model.trainable)
      if (group === 'encoder') variable.assign(tf.tidy(() => tf.add(tf.mul(variable, 0.5), 0.1)));
    const batch = testBatch([3000, 1600], 3200);
    const weight = parameter(model, 'probe.weight');
    weight.assign(tf.randomNormal(weight.shape, 0, 1, 'float32', 1));
    const said: Float32Array[] = [];
    for (const signals of [waveSignals(model.encoder), stored]) {
      const input = await signals.read(batch);
      said.push(tf.softmax(decide(model, input, forward(model, input))).dataSync<'float32'>());
    }
    expect(largestDifference(said[0] ?? [], said[1] ?? [])).toBeLessThan(1e-4);
    await stored.dispose();
    disposeModel(model);
  });
});

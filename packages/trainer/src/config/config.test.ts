import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presets } from './presets';
import { resolveConfig, runName } from './resolve';
import { defaults, keys } from './schema';
import { storedConfig } from './stored';
import { validate } from './validate';

const dir = mkdtempSync(join(tmpdir(), 'ser-config-'));
function file(text: string, name = 'settings.yaml'): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}
function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('resolveConfig', () => {
  test('flags win over the file, the file over the preset, the preset over the defaults; each value says from where', () => {
    const path = file('preset: demo\nlr: 0.01\nepochs: 3\n');
    const { config, origins } = resolveConfig({ file: path, flags: { epochs: '4', folds: '1,3', snrDb: '0,5' } });
    expect(config).toMatchObject({ lr: 0.01, epochs: 4, hiddenSize: 64, gamma: 2, folds: [1, 3], snrDb: [0, 5] });
    expect(origins).toMatchObject({
      lr: `${path}:2`,
      epochs: '--epochs',
      hiddenSize: 'preset demo',
      gamma: 'default',
      snrDb: '--snr-db',
    });
  });

  test('reads JSON too', () => {
    expect(resolveConfig({ file: file('{"preset": "demo", "seed": 9}', 'a.json') }).config.seed).toBe(9);
  });

  test('points at the line and suggests the key', () => {
    const path = file('lr: 1e-3\nlearning: 3\nbatch_size: 8\nepochs: many\nencoder: whispr\n');
    const lines = message(() => resolveConfig({ file: path })).split('\n');
    expect(lines).toContain(`${path}:3: unknown key "batch_size" (did you mean "batchSize"?)`);
    expect(lines).toContain(`${path}:2: unknown key "learning"`);
    expect(lines).toContain(`${path}:4: epochs must be integer`);
    expect(lines).toContain(`${path}:5: encoder must be one of logmel, whisper, wavlm, hubert`);
    expect(lines).toHaveLength(4);
  });

  test('broken YAML names file and line', () => {
    const path = file('lr: 1\nepochs: [1,\n');
    expect(message(() => resolveConfig({ file: path }))).toMatch(new RegExp(`^${path}:\\d+: `));
  });

  test.each([
    [{ epochs: 'x' }, /^--epochs=x: must be integer/],
    [{ tune: 'top' }, /^--tune=top: .*frozen, top:K/],
    [{ mix: 'emm' }, /^--mix=emm: must be one of none, eam, lam/],
    [{ losses: 'kl,foo' }, /^--losses=kl,foo: must be one of kl/],
    [{ encoder: 'whisper' }, /needs --weights=DIR/],
    [{ speakerNormalize: true }, /speakerNormalize \(.*\): needs a pre-trained encoder with --tune=frozen/],
    [{ select: 'best' }, /inner validation groups/],
    [{ encoder: 'logmel', tune: 'frozen' }, /must learn/],
    [{ lossWeights: 'kl=1' }, /no weight for "focal"/],
    [{ hiddenSize: '30' }, /not divisible by the 16 heads/],
    [{ trainOn: 'demo' }, /both --train-on and --test-on/],
    [{ precision: 'mixed' }, /^precision \(--precision\): .* --engine=onnx-cuda; onnx-cpu trains in float32/],
    [{ precision: 'half' }, /^--precision=half: must be one of float32, mixed/],
    [{ tf32: 'false' }, /^tf32 \(--tf32\): only onnx-cuda .*, onnx-cpu has none/],
    [{ tf32: 'false', engine: 'onnx-webgpu' }, /only onnx-cuda/],
  ])('rejects %j in one line', (flags, expected) => {
    const text = message(() => resolveConfig({ preset: 'none', flags }));
    expect(text).toMatch(expected);
    expect(text).not.toContain('\n');
  });

  test('an unknown preset is named, with the nearest', () => {
    expect(message(() => resolveConfig({ preset: 'paper-iemocop' }))).toContain('did you mean "paper-iemocap"?');
  });

  test('fractions and fixed loss weights', () => {
    const { config } = resolveConfig({ flags: { decay: '7/8', lossWeights: 'kl=1,focal=0.5,center=0.1,supcon=0.2' } });
    expect(config.decay).toBe(0.875);
    expect(config.lossWeights).toEqual({ kl: 1, focal: 0.5, center: 0.1, supcon: 0.2 });
  });
});

test('every preset is valid, and the paper presets are the recipe of its section 3.2', () => {
  for (const [name, { settings }] of Object.entries(presets)) {
    expect(validate(settings)).toEqual([]);
    if (!name.startsWith('paper-')) continue;
    const { config } = resolveConfig({ preset: name, flags: { weights: 'dir' } });
    expect(config).toMatchObject({
      encoder: 'wavlm',
      layer: 'last',
      pool: 'flam',
      heads: 16,
      projection: 64,
      losses: ['kl', 'focal', 'center', 'supcon'],
      mix: 'eam',
      snrDb: [-5, 10],
      batchSize: 16,
      lr: 1e-4,
      centerLr: 5e-3,
      decay: 7 / 8,
      decayUntil: 20,
      epochs: 20,
      select: 'last',
      emaDecay: 0,
      dropout: 0,
      weightDecay: 0,
      clipNorm: 0,
      warmup: 0,
    });
  }
  expect(keys.length).toBeGreaterThan(40);
});

test('a run gets a name of its own, another one with other settings', () => {
  expect(runName(resolveConfig({ flags: { lr: '0.1' } }))).toMatch(/^demo-logmel-all-eam-flam-seed1-[0-9a-f]{6}$/);
  expect(runName(resolveConfig({ flags: { folds: '1' } }))).toBe('demo-logmel-all-eam-flam-seed1');
  expect(runName(resolveConfig({}))).toBe('demo-logmel-all-eam-flam-seed1');
  expect(runName(resolveConfig({ flags: { name: 'mine' } }))).toBe('mine');
});

test('former names of settings are read, and a run keeps its name', () => {
  for (const [former, name, value] of [
    ['average', 'emaDecay', '0.9'],
    ['validation', 'validationGroups', '2'],
    ['normalize', 'normalizeFrames', 'false'],
  ] as const) {
    const old = resolveConfig({ flags: { [former]: value } });
    expect(String(old.config[name])).toBe(value);
    expect(runName(old)).toBe(runName(resolveConfig({ flags: { [name]: value } })));
    expect(() => resolveConfig({ flags: { [former]: value, [name]: value } })).toThrow(/former name/);
    expect(storedConfig({ ...defaults, [name]: undefined, [former]: JSON.parse(value) as unknown }, 'x')[name]).toEqual(
      JSON.parse(value),
    );
  }
  // As it was called before the setting had its present name.
  expect(runName(resolveConfig({ flags: { emaDecay: '0.9' } }))).toBe('demo-logmel-all-eam-flam-seed1-4aa9e0');
});

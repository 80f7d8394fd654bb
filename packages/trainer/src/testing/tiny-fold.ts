import type { Utterance } from '@ser/datasets';
import { defaults } from '../config/schema';
import type { Config } from '../config/schema';
import type { StoredWave } from '../data/waves';
import { openEngine } from '../training/engine';
import { tinyEncoder } from '../model/tiny-encoder';
import { seeded } from '../random';
import { runFold, type FoldJob } from '../run/fold';
import { createProgress } from '../run/progress';

const labels = ['high', 'low'];

/** For tests: a fold of noisy tones that takes seconds. Run as a program, it trains the fold in the folder it is given. */
export async function tinyFold(dir: string, overrides: Partial<Config> = {}): Promise<FoldJob> {
  const config: Config = {
    ...defaults,
    tune: 'all',
    heads: 2,
    projection: 4,
    epochs: 4,
    batchSize: 4,
    buckets: 2,
    lr: 0.01,
    mixProbability: 0.7,
    checkpointEvery: 2,
    ...overrides,
  };
  const waves = new Map<string, StoredWave>();
  const utterances = Array.from({ length: 26 }, (_, i): Utterance => {
    const id = `u${String(i).padStart(2, '0')}`;
    const label = labels[i % 2] ?? '';
    const random = seeded('tone', i);
    const samples = 1600 + 160 * Math.floor(10 * random());
    const shared = new SharedArrayBuffer(4 * samples);
    const wave = new Float32Array(shared);
    for (let n = 0; n < samples; n++) wave[n] = Math.sin(n * (label === 'high' ? 0.9 : 0.2)) + 0.3 * (random() - 0.5);
    waves.set(id, { id, samples, audio: `${id}.wav`, trimStart: 0, shared });
    return { id, audio: `${id}.wav`, label, speaker: `s${i % 5}` };
  });
  const isTest = ({ speaker }: Utterance): boolean => speaker === 's0';
  return {
    config,
    labels,
    fold: {
      index: 1,
      name: 's0',
      train: utterances.filter((u) => !isTest(u)),
      test: utterances.filter(isTest),
      testGroups: ['s0'],
    },
    validation: config.validationGroups > 0 ? utterances.filter(({ speaker }) => speaker === 's1') : [],
    waves,
    createEncoder: () => Promise.resolve(tinyEncoder(4, seeded(1, 'encoder'))),
    engine: await openEngine('onnx-cpu', 1),
    dir,
    fingerprint: {
      labels,
      utterances: 'u',
      labelled: 'l',
      speakers: 's',
      audio: 'a',
      settings: { epochs: config.epochs },
    },
    progress: createProgress({ quiet: true }),
  };
}

// By itself: `tiny-fold.ts DIR [SETTINGS]`, settings as JSON.
const [, script, dir, settings = '{}'] = process.argv;
if (script?.endsWith('tiny-fold.ts') && dir !== undefined)
  void tinyFold(dir, JSON.parse(settings) as Partial<Config>).then(runFold);

import { assembleBatch, type WaveSource } from './assemble';
import { createLoader } from './loader';
import { planEpoch, type BatchPlan } from './plan';
import { speechBounds } from './trim';

const waves: Record<string, Float32Array> = {
  a: Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 5)),
  b: Float32Array.from({ length: 4000 }, (_, i) => 0.3 * Math.cos(i / 7)),
};
const source: WaveSource = {
  classes: 3,
  wave: (id) => waves[id] ?? new Float32Array(0),
  label: (id) => (id === 'a' ? 0 : 2),
};

describe('assembleBatch', () => {
  test('cuts and pads', async () => {
    const plan: BatchPlan = {
      samples: 5000,
      utterances: [
        { id: 'a', start: 100, samples: 3000 },
        { id: 'b', start: 0, samples: 4000 },
      ],
    };
    const batch = await assembleBatch(plan, source, 4);
    expect(batch.ids).toEqual(['a', 'b']);
    expect(batch.size).toBe(4);
    expect([...batch.lengths]).toEqual([3000, 4000, 3000, 3000]);
    expect([...batch.labels]).toEqual([0, 2, 0, 0]);
    expect(batch.waves.subarray(0, 3000)).toEqual(waves['a']?.subarray(100, 3100));
    expect(batch.waves.subarray(3000, 5000).every((x) => x === 0)).toBe(true);
    expect([...batch.targets.subarray(3, 6)]).toEqual([0, 0, 1]);
  });

  test('several opinions on an utterance are its target', async () => {
    const plan: BatchPlan = {
      samples: 4000,
      utterances: [
        { id: 'a', start: 0, samples: 4000 },
        { id: 'b', start: 0, samples: 4000 },
      ],
    };
    const shares = (id: string): number[] | undefined => (id === 'a' ? [0.75, 0.25, 0] : undefined);
    const batch = await assembleBatch(plan, { ...source, shares });
    expect([...batch.targets]).toEqual([0.75, 0.25, 0, 0, 0, 1]);
    expect([...batch.labels]).toEqual([0, 2]);
  });

  test('mixes by plan: targets sum to 1, and the label is the dominant one', async () => {
    const sources = [
      { id: 'a', samples: 8000 },
      { id: 'b', samples: 4000 },
    ];
    for (const mix of ['eam', 'lam'] as const) {
      const common = {
        seed: 3,
        fold: 'f',
        batchSize: 2,
        lengthGroup: 1,
        mixProbability: 1,
        minMixSeconds: 0.01,
        snrDb: [-5, 10] as const,
        speed: [1, 1] as const,
      };
      const [plan] = planEpoch(sources, {
        ...common,
        epoch: 1,
        mix,
        maxSamples: 8000,
        buckets: [8000],
        batching: 'padded',
      });
      if (!plan) throw new Error('no batch');
      const batch = await assembleBatch(plan, source);
      for (let row = 0; row < 2; row++) {
        const target = [...batch.targets.subarray(3 * row, 3 * row + 3)];
        expect(target.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
        expect(target[0]).toBeGreaterThan(0);
        expect(target[2]).toBeGreaterThan(0);
        expect(target[batch.labels[row] ?? -1]).toBe(Math.max(...target));
      }
    }
  });
});

describe('createLoader', () => {
  test('makes in its thread, in order, what is made here; an error arrives with its text', async () => {
    const shared = (wave: Float32Array): SharedArrayBuffer => {
      const buffer = new SharedArrayBuffer(wave.byteLength);
      new Float32Array(buffer).set(wave);
      return buffer;
    };
    const stored = Object.entries(waves).map(
      ([id, wave]) => [id, { id, samples: wave.length, audio: id, trimStart: 0, shared: shared(wave) }] as const,
    );
    const loader = createLoader({
      waves: new Map(stored),
      labels: new Map([
        ['a', 0],
        ['b', 2],
      ]),
      classes: 3,
    });
    try {
      const plans = Array.from({ length: 9 }, (_, i): BatchPlan => ({
        samples: 3000,
        utterances: [{ id: i % 2 ? 'a' : 'b', start: 10 * i, samples: 2000 }],
      }));
      let i = 0;
      for await (const batch of loader.batches(plans, 2)) {
        const plan = plans[i++];
        if (!plan) throw new Error('too many');
        expect(batch).toEqual(await assembleBatch(plan, source, 2));
      }
      expect(i).toBe(9);
      const wrong = loader.batches([{ samples: 10, utterances: [{ id: 'missing', start: 0, samples: 10 }] }]);
      await expect(wrong.next()).rejects.toThrow('utterance "missing" was not loaded');
    } finally {
      await loader.close();
    }
  });
});

describe('speechBounds', () => {
  test('finds the loud middle, and keeps silence whole', () => {
    const wave = new Float32Array(16_000);
    for (let i = 6000; i < 9000; i++) wave[i] = Math.sin(i);
    const { start, end } = speechBounds(wave, 40);
    expect(start).toBeGreaterThan(6000 - 1400);
    expect(start).toBeLessThanOrEqual(6000);
    expect(end).toBeGreaterThanOrEqual(9000);
    expect(end).toBeLessThan(9000 + 1400);
    expect(speechBounds(new Float32Array(500), 40)).toEqual({ start: 0, end: 500 });
    expect(speechBounds(new Float32Array(100), 40)).toEqual({ start: 0, end: 100 });
  });
});

import type { FoldData } from '../record/read-run';
import { seeded } from '../random';
import { baselinesOf } from './baselines';

const labels = ['calm', 'upset'];

/** A fold of 8 speakers × 10 utterances; the method and the probe are right with these probabilities. */
function fold(right: number, probeRight: number | undefined): FoldData {
  const random = seeded('baselines', right, probeRight ?? 0);
  const lines = (share: number) =>
    Array.from({ length: 80 }, (_, i) => {
      const label = labels[i % 2] ?? '';
      const predicted = random() < share ? label : (labels[(i + 1) % 2] ?? '');
      return { id: `u${i}`, fold: 1, speaker: `s${i % 8}`, label, predicted, probabilities: [0.5, 0.5] };
    });
  return {
    index: 1,
    dir: 'fold-1',
    file: { trainClasses: { calm: 3, upset: 5 } } as unknown as FoldData['file'], // the only part that is read here
    epochs: [],
    predictions: lines(right),
    probe: probeRight === undefined ? [] : lines(probeRight),
  };
}

test('majority and chance are there without a probe', () => {
  expect(baselinesOf([fold(0.9, undefined)], labels, 50)).toEqual({ majority: { wa: 0.5, ua: 0.5 }, chance: 0.5 });
  expect(baselinesOf([], labels, 50).probe).toBeUndefined();
});

test('a probe is compared utterance by utterance; only a clear lead counts as beaten', () => {
  const ahead = baselinesOf([fold(0.95, 0.6)], labels, 500).probe;
  expect(ahead?.isBeaten).toBe(true);
  expect(ahead?.uaDifference.difference).toBeGreaterThan(0.2);
  expect(ahead?.permutation).toBeLessThan(0.05);
  const level = baselinesOf([fold(0.7, 0.7)], labels, 500).probe;
  expect(level?.isBeaten).toBe(false);
  expect(baselinesOf([fold(0.6, 0.95)], labels, 500).probe?.isBeaten).toBe(false);
});

test('a probe of other utterances or other labels is none', () => {
  const one = fold(0.9, 0.9);
  expect(baselinesOf([{ ...one, probe: one.probe.slice(1) }], labels, 50).probe).toBeUndefined();
  const relabelled = one.probe.map((line, i) => (i === 0 ? { ...line, label: 'upset' } : line));
  expect(baselinesOf([{ ...one, probe: relabelled }], labels, 50).probe).toBeUndefined();
});

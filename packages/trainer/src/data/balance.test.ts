import fc from 'fast-check';
import { seeded } from '../random';
import { drawBalanced } from './balance';

const labelled = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 80 });

const countsOf = (items: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};
const spreadOf = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe('drawBalanced', () => {
  test('has as many utterances, every class and within it every utterance equally often up to one', () => {
    fc.assert(
      fc.property(labelled, fc.nat(1000), (classes, seed) => {
        const drawn = drawBalanced(classes, seeded(seed));
        expect(drawn).toHaveLength(classes.length);
        const byClass = countsOf(drawn.map((place) => classes[place] ?? NaN));
        const present = [...new Set(classes)];
        expect(spreadOf(present.map((label) => byClass.get(label) ?? 0))).toBeLessThanOrEqual(1);
        const byPlace = countsOf(drawn);
        for (const label of present) {
          const places = [...classes.keys()].filter((place) => classes[place] === label);
          expect(spreadOf(places.map((place) => byPlace.get(place) ?? 0))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('is each utterance once where classes are balanced already', () => {
    const classes = Array.from({ length: 24 }, (_, i) => i % 4);
    expect(drawBalanced(classes, seeded(1)).sort((a, b) => a - b)).toEqual([...classes.keys()]);
  });

  test('is the same from the same stream, another from another', () => {
    const classes = Array.from({ length: 60 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    expect(drawBalanced(classes, seeded(1))).toEqual(drawBalanced(classes, seeded(1)));
    expect(drawBalanced(classes, seeded(1))).not.toEqual(drawBalanced(classes, seeded(2)));
  });
});

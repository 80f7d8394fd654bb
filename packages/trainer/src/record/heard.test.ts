import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { audioHeard, heardOf } from './heard';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

test('exactly the files that a model has heard are known again, whatever their order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 50 }), fc.uniqueArray(fc.string()), (heard, others) => {
      const model = heardOf(heard.map(sha), []);
      expect(model).toEqual(heardOf([...heard, ...heard].reverse().map(sha), []));
      expect(model.audio).toHaveLength(8 * heard.length);
      const isHeard = audioHeard([model, heardOf([sha('of another model')], [])]);
      for (const file of [...heard, 'of another model']) expect(isHeard(sha(file))).toBe(true);
      for (const file of others) expect(isHeard(sha(file))).toBe(heard.includes(file));
    }),
  );
});

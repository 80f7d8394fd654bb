import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import './all-close';
import { programOf, type Case, type Program } from './case';
import { asError, runCompiled, type Outcome } from './run-cases';

/** Cases that are compiled together: sessions and their memory plans are what costs. */
const together = 20;

/** One test a case: compiled values and gradients equal eager ones on the tfjs CPU backend. */
export function conformance(name: string, cases: readonly Case[]): void {
  describe(name, () => {
    const programs = new Map<Case, Program>();
    const outcomes = new Map<Case, Outcome | Error>();

    beforeAll(async () => {
      await tf.setBackend('cpu');
      for (const item of cases) {
        try {
          programs.set(item, programOf(item));
        } catch (error) {
          outcomes.set(item, asError(error));
        }
      }
      const ready = [...programs];
      for (let i = 0; i < ready.length; i += together) {
        const part = ready.slice(i, i + together);
        const results = await runCompiled(part.map(([, program]) => program));
        part.forEach(([item], k) => outcomes.set(item, results[k] ?? new Error('no result')));
      }
    });
    afterAll(() => tf.disposeVariables());

    it.each(cases.map((c) => [c.name, c] as const))('%s', (_, item) => {
      const compiled = outcomes.get(item);
      const program = programs.get(item);
      if (compiled instanceof Error) throw compiled;
      if (!program || !compiled) throw new Error('the case did not run');
      const { relative, absolute } = item;
      const eager = tf.tidy(() => program.run(program.inputs));
      for (const kind of ['values', 'gradients'] as const) {
        expect(compiled[kind]).toHaveLength(eager[kind].length);
        eager[kind].forEach((wanted, k) => expect(compiled[kind][k]).toBeAllClose(wanted, { relative, absolute }));
      }
    });
  });
}

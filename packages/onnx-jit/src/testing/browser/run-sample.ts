import * as tf from '@tensorflow/tfjs';
import type { Provider } from '../../lower/call';
import { programOf, type Program } from '../case';
import { families } from '../cases';
import { disagreement } from '../disagreement';
import { runCompiled } from '../run-cases';

/** Every so many cases of a family are taken. */
const every = 8;

export interface SampleReport {
  readonly cases: number;
  /** What differs from tfjs's CPU backend. */
  readonly failures: readonly string[];
}

/** Runs a sample of the cases compiled and compares them with tfjs's CPU backend, in whatever this is loaded in. */
export async function runSample(provider: Provider): Promise<SampleReport> {
  await tf.setBackend('cpu');
  const failures: string[] = [];
  let cases = 0;
  for (const family of Object.values(families)) {
    const ready = family
      .filter((_, i) => i % every === 0)
      .map((item) => ({ item, program: programOf(item) as Program }));
    const outcomes = await runCompiled(
      ready.map(({ program }) => program),
      { provider },
    );
    cases += ready.length;
    ready.forEach(({ item, program }, k) => {
      const compiled = outcomes[k];
      if (!compiled || compiled instanceof Error) {
        failures.push(`${item.name}: ${compiled?.message ?? 'no result'}`);
        return;
      }
      const eager = tf.tidy(() => program.run(program.inputs));
      const { relative = 1e-5, absolute = 1e-6 } = item;
      for (const kind of ['values', 'gradients'] as const) {
        eager[kind].forEach((wanted, n) => {
          const got = compiled[kind][n];
          const wrong = got ? disagreement(got, wanted, { relative, absolute }) : 'nothing came back';
          if (wrong !== null) failures.push(`${item.name}, ${kind}: ${wrong}`);
        });
      }
    });
  }
  return { cases, failures };
}

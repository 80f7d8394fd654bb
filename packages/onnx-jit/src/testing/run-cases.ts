import type * as tf from '@tensorflow/tfjs';
import { jit } from '../jit';
import type { Provider } from '../lower/call';
import type { Program } from './case';

export type Outcome = ReturnType<Program['run']>;

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Runs programs compiled, all in one graph; where that fails, one by one, so that the culprit is named. */
export async function runCompiled(
  programs: readonly Program[],
  options: { provider?: Provider; profile?: string } = {},
): Promise<(Outcome | Error)[]> {
  const fn = (inputs: tf.Tensor[][]): Outcome[] => programs.map((p, i) => p.run(inputs[i] ?? []));
  // One thread: with these sizes the others only wait, and on a busy machine they wait for each other.
  const step = jit(fn, { ...options, threads: 1 });
  try {
    return await step(programs.map((p) => p.inputs));
  } catch (error) {
    if (programs.length === 1) return [asError(error)];
  } finally {
    await step.dispose();
  }
  const alone: (Outcome | Error)[] = [];
  for (const program of programs) alone.push(...(await runCompiled([program], options)));
  return alone;
}

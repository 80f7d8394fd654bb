import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { compileFunction } from '../jit';
import '../testing/all-close';
import { batchOf, optimizerNames, programs, training, type Batch, type Program } from '../testing/programs';
import { recordStep } from '../record/step';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const tolerance = { relative: 1e-4, absolute: 1e-5 };

/** Trains eagerly, and on the CPU with the graph that is made for a GPU; expects the same of both, step after step. */
async function compare(program: Program, lowered: 'cuda' | 'webgpu'): Promise<void> {
  const [eager, own] = [training(program), training(program)];
  const compiled = compileFunction((batch: Batch) => own.step(batch), { threads: 1 }, lowered);
  for (let i = 0; i < 3; i++) {
    const expected = tf.tidy(() => eager.step(batchOf(i)));
    const { loss, rows } = await compiled(batchOf(i));
    expect(loss).toBeAllClose(expected.loss, tolerance);
    expect(rows).toBeAllClose(expected.rows, tolerance);
  }
  await compiled.sync();
  own.weights.forEach((w, k) => expect(w).toBeAllClose(eager.weights[k] ?? tf.zeros([]), tolerance));
  await compiled.dispose();
  tf.disposeVariables();
}

const all: Program['lines'] = Array.from({ length: 16 }, (_, i) => ({ kind: i % 8, weight: i + 3, earlier: i }));

describe('the graph that is made for a GPU', () => {
  it.each(optimizerNames)('trains with %s as tfjs does, its weights packed', async (optimizer) => {
    const program = { lines: all, optimizer, sizes: [] };
    for (const lowered of ['cuda', 'webgpu'] as const) {
      const { step } = training(program);
      const { trace } = recordStep((batch: Batch) => step(batch), [batchOf(0)], {
        provider: lowered,
        precision: 'float32',
        emulated: true,
      });
      expect(trace.packs.length).toBeGreaterThan(0);
      await compare(program, lowered);
    }
  });

  it('gives what eager gives, whatever the program', async () => {
    await fc.assert(fc.asyncProperty(programs(), fc.constantFrom('cuda' as const, 'webgpu' as const), compare), {
      numRuns: 60,
      seed: 3,
    });
  }, 60_000);
});

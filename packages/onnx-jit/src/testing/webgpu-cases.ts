import * as tf from '@tensorflow/tfjs';
import { programOf, type Case } from './case';
import { families } from './cases';
import { disagreement } from './disagreement';
import { placementsOf, type Placed } from './placement';
import { runCompiled } from './run-cases';

/** What one family of cases gave on the WebGPU provider. */
export interface WebGpuReport {
  readonly failures: readonly string[];
  readonly placed: readonly Placed[];
}

/**
 * Every shape of every kernel is a shader of its own, which a software driver takes a second to compile: of the
 * elementwise kernels two shapes stand for all. Empty tensors have no buffer on a GPU, and its numbers no NaN.
 */
function worthAShader({ name, inputs }: Case): boolean {
  if (inputs.some((x) => x.shape.includes(0)) || name.includes('at the edges') || name.includes('NaN')) return false;
  return (
    !families.elementwise.some((c) => c.name === name) ||
    /of \[2,3\]$|\[2,3\] and \[3\]$|next to zero|^prelu/.test(name)
  );
}

/** Runs the cases of a family on the WebGPU provider and compares them with tfjs. */
export async function runOnWebGpu(family: keyof typeof families): Promise<WebGpuReport> {
  await tf.setBackend('cpu');
  const failures: string[] = [];
  const together = 20;
  const ready = families[family].flatMap((item) => {
    if (!worthAShader(item)) return [];
    return [{ item, program: programOf(item) }];
  });
  const placed = await placementsOf(async (profile) => {
    for (let i = 0; i < ready.length; i += together) {
      const part = ready.slice(i, i + together);
      const outcomes = await runCompiled(
        part.map((p) => p.program),
        { provider: 'webgpu', profile: `${profile}-${i}` },
      );
      part.forEach(({ item, program }, k) => {
        const compiled = outcomes[k];
        if (!compiled || compiled instanceof Error) {
          failures.push(`${item.name}: ${compiled?.message ?? 'no result'}`);
          return;
        }
        const eager = tf.tidy(() => program.run(program.inputs));
        // Shaders compute exp, tanh and their kind to fewer digits than a CPU; of sin and cos WGSL promises 2⁻¹¹.
        const periodic = /^(sin|cos|tan) /.test(item.name);
        const closeness = periodic ? { relative: 2e-3, absolute: 2e-3 } : { relative: 1e-4, absolute: 1e-5 };
        for (const kind of ['values', 'gradients'] as const) {
          eager[kind].forEach((wanted, n) => {
            const got = compiled[kind][n];
            const wrong = got ? disagreement(got, wanted, closeness) : 'nothing came back';
            if (wrong !== null) failures.push(`${item.name}, ${kind}: ${wrong}`);
          });
        }
      });
    }
  });
  return { failures, placed };
}

// Started by itself in a process of its own: a driver that fails takes the process with it.
const [, script = '', family = ''] = process.argv;
if (/webgpu-cases\.[cm]?[jt]s$/.test(script) && family in families) {
  const report = await runOnWebGpu(family as keyof typeof families);
  process.stdout.write(`\n@report ${JSON.stringify(report)}\n`);
}

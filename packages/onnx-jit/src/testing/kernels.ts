import * as tf from '@tensorflow/tfjs';
import { trace } from '../record/trace';
import { programOf, type Case } from './case';
import { families } from './cases';

/** The tfjs kernels that are called while `job` records. */
function lowered(job: () => void): Set<string> {
  const called = new Set<string>();
  const engine = tf.engine();
  const original = engine.runKernel.bind(engine);
  const watched: typeof engine.runKernel = (name, inputs, attrs) => {
    called.add(name);
    return original(name, inputs, attrs);
  };
  engine.runKernel = watched;
  try {
    job();
  } finally {
    Reflect.deleteProperty(engine, 'runKernel');
  }
  return called;
}

function record(item: Case): void {
  const { inputs, run } = programOf(item);
  trace(
    (x) => {
      const { values, gradients } = run(x);
      return [...values, ...gradients];
    },
    inputs.map(({ shape, dtype }, i) => ({ name: `input ${i}`, shape, dtype })),
    { provider: 'cpu', inline: false },
  );
}

/** Kernels that some case runs, and those whose gradient some case compares. */
export function coveredKernels(): { readonly values: ReadonlySet<string>; readonly gradients: ReadonlySet<string> } {
  tf.backend();
  const values = new Set<string>();
  const gradients = new Set<string>();
  for (const item of Object.values(families).flat()) {
    // One case of each kernel and shape family is enough here; the conformance tests run them all.
    if (/six axes|of a scalar$|of nothing$/.test(item.name)) continue;
    for (const kernel of lowered(() => record(item))) values.add(kernel);
    if (item.noGradient !== undefined || !item.inputs.some((x) => x.dtype === 'float32')) continue;
    for (const kernel of lowered(() => record({ ...item, noGradient: 'only what goes forward' })))
      gradients.add(kernel);
  }
  return { values, gradients };
}

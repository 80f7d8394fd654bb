/**
 * npm run bench -- flam-step: the compiled training step beside PyTorch (plain and compiled), tfjs-node and eager
 * tfjs, every side in a process of its own, the sides taking turns.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { beside, measure, type Measurement, node, type Peer, print, python, reasonOf, type Settings } from '../measure';
import { describeMachine, positive, settingsOf, sharedHelp, sharedOptions, writeJson } from '../options';
import { nodeArguments, runSide } from '../process';
import { createProblem, type Shape, stepFlops, writeProblem } from './problem';

export const help = `npm run bench -- flam-step [options]
${sharedHelp}
  --frames LIST     frames of an utterance, default 150,250
  --batch N         default 16
  --dim N           features of a frame, default 1024 (16 heads)
  --eager-seconds N longest wait for the eager tfjs peer, default 150; 0 leaves it out`;

export async function flamStep(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      ...sharedOptions,
      frames: { type: 'string', default: '150,250' },
      batch: { type: 'string', default: '16' },
      dim: { type: 'string', default: '1024' },
      'eager-seconds': { type: 'string', default: '150' },
    },
  });
  const settings = settingsOf(options);
  const eagerSeconds = options['eager-seconds'] === '0' ? 0 : positive('eager-seconds', options['eager-seconds']);
  const shapes = options.frames.split(',').map((frames) => ({
    batch: positive('batch', options.batch),
    frames: positive('frames', frames),
    dim: positive('dim', options.dim),
  }));
  const machine = describeMachine(settings);
  const results: (Measurement & Shape)[] = [];
  for (const shape of shapes) {
    const result = await measureStep(shape, settings, eagerSeconds);
    print('compiled step, ONNX Runtime', result);
    results.push({ ...shape, ...result });
  }
  writeJson(options.json, 'flam-step', machine, results);
}

async function measureStep(shape: Shape, settings: Settings, eagerSeconds: number): Promise<Measurement> {
  const folder = writeProblem(createProblem(shape));
  const timing = ['--steps', `${settings.steps}`, '--threads', `${settings.threads}`];
  const torch = (what: string, ...more: string[]) => {
    return { what, side: python(settings, 'flam_step.py', ['step', folder, ...timing, ...more]) };
  };
  try {
    return await measure(
      {
        title: `batch ${shape.batch}, ${shape.frames} frames, D ${shape.dim}`,
        flops: stepFlops(shape),
        matmul: [shape.batch * shape.frames, shape.dim, shape.dim],
        ours: node('flam-step/compiled.ts', [folder, ...timing]),
        peers: {
          torch: torch('PyTorch'),
          torchCompile: torch('PyTorch, torch.compile', '--compile'),
          tfjsNode: { what: 'tfjs-node, TensorFlow', side: node('flam-step/tfjs-node.ts', [folder, ...timing]) },
        },
      },
      settings,
      async (ours) => {
        const { backend, ...eager } = await runEager(folder, eagerSeconds);
        const peer = { name: 'tfjs', what: `tfjs eager, ${backend}` };
        if ('sample' in eager) {
          return [{ ...peer, ...beside(ours, [eager.sample]) }];
        }
        const { skipped, late } = eager;
        return [
          { ...peer, skipped, ...(late ? { ratioBelow: ours.medianSeconds / eagerSeconds } : {}) } satisfies Peer,
        ];
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Eager =
  | { backend: string; sample: Awaited<ReturnType<typeof runSide>> }
  | { backend: string; skipped: string; late: boolean };

/** Minutes a step: once, without a warm step, with a limit, on the fastest backend that starts. */
async function runEager(folder: string, limit: number): Promise<Eager> {
  let last: Eager = { backend: 'not run', skipped: 'left out (--eager-seconds 0)', late: false };
  for (const backend of limit > 0 ? ['wasm', 'cpu'] : []) {
    try {
      const program = nodeArguments('flam-step/eager.ts', folder, '--backend', backend);
      return { backend, sample: await runSide(process.execPath, program, limit) };
    } catch (error) {
      const skipped = reasonOf(error);
      last = { backend, skipped, late: skipped.startsWith('no result within') };
      if (last.late) return last;
    }
  }
  return last;
}

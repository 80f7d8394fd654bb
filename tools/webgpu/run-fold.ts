/** A tiny fold of the trainer on the engine of the provider named on the command line, interrupted once and resumed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../packages/trainer/src/training/engine';
import { runFold } from '../../packages/trainer/src/run/fold';
import { tinyFold } from '../../packages/trainer/src/testing/tiny-fold';

const dir = mkdtempSync(join(tmpdir(), 'ser-webgpu-'));
try {
  const engine = await openEngine(process.argv[2] === 'webgpu' ? 'onnx-webgpu' : 'onnx-cpu', 1);
  // The number of steps in one run decides the order of the batches: the same for both engines.
  const settings = { epochs: 2, buckets: 1, batchSize: 7, emaDecay: 0.9, stepsPerRun: 1 };
  const job = { ...(await tinyFold(dir, settings)), engine };
  const controller = new AbortController();
  const step = ({ step }: { step: number }): void => (step === 2 ? controller.abort() : undefined);
  const interrupted = runFold({ ...job, progress: { ...job.progress, step }, signal: controller.signal });
  await interrupted.then(
    () => Promise.reject(new Error('it was not interrupted')),
    (error: unknown) => (controller.signal.aborted ? undefined : Promise.reject(error as Error)),
  );
  await runFold(job);
  const lines = (name: string): unknown[] =>
    readFileSync(join(dir, name), 'utf8')
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  const losses = (lines('metrics.jsonl') as { loss: number }[]).map(({ loss }) => loss);
  const predictions = lines('predictions.jsonl') as { probabilities: number[] }[];
  const probabilities = predictions.flatMap((row) => row.probabilities);
  console.log(`@report ${JSON.stringify({ engine: engine.name, losses, probabilities })}`);
} finally {
  rmSync(dir, { recursive: true });
}

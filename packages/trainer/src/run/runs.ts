import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import type { BatchLoader } from '../data/loader';
import type { BatchPlan } from '../data/plan';
import type { Engine } from '../training/engine';

/** What the stacked batches of a run may take, in bytes. */
const mostBytes = 512e6;

/** Steps of equal shape that run in one call: as set, or what the engine gains from as far as its batches fit. */
export function stepsOfRun(
  { stepsPerRun, batchSize, crop }: Pick<Config, 'stepsPerRun' | 'batchSize' | 'crop'>,
  engine: Pick<Engine, 'stepsPerRun'>,
  batchBytes: (rows: number, seconds: number) => number,
): number {
  if (stepsPerRun > 0) return stepsPerRun;
  return Math.max(1, Math.min(engine.stepsPerRun, Math.floor(mostBytes / batchBytes(batchSize, crop))));
}

const shapeOf = ({ samples, utterances }: BatchPlan): string => `${utterances.length} ${samples}`;

/**
 * The same batches, those of equal shape together in as many runs of `steps` as there are: a run is complete when the
 * last of its batches comes, and stands there. What completes no run comes at the end.
 */
export function gatherRuns(plan: readonly BatchPlan[], steps: number): BatchPlan[] {
  if (steps === 1) return [...plan];
  const waiting = new Map<string, BatchPlan[]>();
  const gathered = plan.flatMap((batch) => {
    const run = [...(waiting.get(shapeOf(batch)) ?? []), batch];
    waiting.set(shapeOf(batch), run.length === steps ? [] : run);
    return run.length === steps ? run : [];
  });
  return [...gathered, ...[...waiting.values()].flat()];
}

/** The batches of a plan as a loader makes them, those together that run in one call. */
export async function* runsOf(
  loader: BatchLoader,
  plan: readonly BatchPlan[],
  steps: number,
  rows?: number,
): AsyncGenerator<BatchArrays[], void, undefined> {
  let left = plan;
  let run: BatchArrays[] = [];
  for await (const batch of loader.batches(plan, rows, steps)) {
    run.push(batch);
    if (run.length < nextRun(left, steps)) continue;
    yield run;
    left = left.slice(run.length);
    run = [];
  }
}

/** How many batches from the front of a plan run together. */
export function nextRun(plan: readonly BatchPlan[], steps: number): number {
  const [first] = plan;
  if (!first) return 0;
  const other = plan.slice(0, steps).findIndex((batch) => shapeOf(batch) !== shapeOf(first));
  return other < 0 ? Math.min(steps, plan.length) : other;
}

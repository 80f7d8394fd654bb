/** What a measured side gives; the peers in Python print the same as one line of JSON. */
export interface Sample {
  /** Of each timed step. */
  seconds: number[];
  /** Most memory the process held. */
  peakBytes: number;
  /** A number that each step computed, to see that all sides compute the same. */
  losses: number[];
}

export interface SampleOptions {
  /** Timed steps. */
  steps: number;
  /** Steps before, not timed. */
  warmup: number;
  threads?: number;
}

/** Times the steps one by one. */
export async function sample({ steps, warmup }: SampleOptions, step: () => Promise<number>): Promise<Sample> {
  const losses: number[] = [];
  const seconds: number[] = [];
  for (let i = 0; i < warmup + steps; i++) {
    const start = performance.now();
    losses.push(await step());
    if (i >= warmup) seconds.push((performance.now() - start) / 1000);
  }
  return { seconds, losses, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

import type { Config, Loss } from '../config/schema';

export type LossWeights = Readonly<Partial<Record<Loss, number>>>;

/** Batches whose raw losses set the automatic weights, before anything has learnt. */
export const measuredBatches = 4;

/**
 * λ for Eq. 11, "empirically set to normalise each weighted loss component into [0, 1]": λ = 1 / max(1, largest raw
 * value over the first batches of the untrained model). The largest rather than the mean, because then every one of
 * those batches starts in [0, 1]; a component that is below 1 already keeps λ = 1 and is not blown up.
 */
export function autoWeights(
  measured: readonly Readonly<Partial<Record<Loss, number>>>[],
  losses: readonly Loss[],
): LossWeights {
  return Object.fromEntries(losses.map((loss) => [loss, 1 / Math.max(1, ...measured.map((raw) => raw[loss] ?? 0))]));
}

/** The fixed weights of a configuration, or undefined when they are to be measured. */
export function fixedWeights({ lossWeights, losses }: Pick<Config, 'lossWeights' | 'losses'>): LossWeights | undefined {
  if (lossWeights === 'auto') return undefined;
  return Object.fromEntries(losses.map((loss) => [loss, lossWeights[loss] ?? 0]));
}

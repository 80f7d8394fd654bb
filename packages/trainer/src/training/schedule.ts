import type { Config } from '../config/schema';

export interface LearningRates {
  readonly model: number;
  readonly centers: number;
  readonly encoder: number;
}

/**
 * Rates of an epoch (counted from 1): × `decay` after every epoch until `decayUntil`, a linear rise over the first
 * `warmup` steps (counted from 1 over the whole run).
 */
export function learningRates(
  config: Pick<Config, 'lr' | 'centerLr' | 'encoderLr' | 'decay' | 'decayUntil' | 'warmup'>,
  epoch: number,
  step: number,
): LearningRates {
  const decayed = config.decay ** (Math.min(epoch, config.decayUntil) - 1);
  const factor = decayed * Math.min(1, step / Math.max(1, config.warmup));
  return {
    model: config.lr * factor,
    centers: config.centerLr * factor,
    encoder: (config.encoderLr ?? config.lr) * factor,
  };
}

import { mean, sampleStandardDeviation } from 'simple-statistics';

export interface MeanDeviation {
  readonly mean: number;
  /** Sample standard deviation (n − 1); NaN for fewer than two values. */
  readonly sd: number;
  readonly count: number;
}

/** Mean ± sd of values such as the folds' accuracies. */
export function meanDeviation(values: readonly number[]): MeanDeviation {
  return {
    mean: values.length === 0 ? NaN : mean([...values]),
    sd: values.length < 2 ? NaN : sampleStandardDeviation([...values]),
    count: values.length,
  };
}

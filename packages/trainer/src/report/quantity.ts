import type { Interval, MeanDeviation, PairedDifference } from '../metrics';
import { percent } from '../percent';
import { count, duration, plusMinus, pValue, signedPoints, withInterval } from './format';
import type { Quantity } from './table-data';

/** A share in %. */
export function percentCell(share: number, digits?: number): Quantity {
  return { shown: percent(share, digits), numbers: { '': 100 * share } };
}

/** A share in % with its interval. */
export function estimateCell(share: number, interval: Interval): Quantity {
  return { shown: withInterval(share, interval), numbers: { '': 100 * share, ...inPercent(interval) } };
}

/** Mean and deviation of shares in %. */
export function meanCell(value: MeanDeviation): Quantity {
  return { shown: plusMinus(value), numbers: { '': 100 * value.mean, sd: 100 * value.sd } };
}

/** A difference with its interval in percentage points: `+1.3 [−0.4, +3.0]`. */
export function differenceCell({ difference, interval }: PairedDifference): Quantity {
  return {
    shown: `${signedPoints(difference)} [${signedPoints(interval.low)}, ${signedPoints(interval.high)}]`,
    numbers: { '': 100 * difference, ...inPercent(interval) },
  };
}

/** A difference in percentage points. */
export function pointsCell(share: number): Quantity {
  return { shown: signedPoints(share), numbers: { '': 100 * share } };
}

export function pCell(p: number): Quantity {
  return { shown: pValue(p), numbers: { '': p } };
}

export function countCell(value: number): Quantity {
  return { shown: count(value), numbers: { '': value } };
}

export function secondsCell(seconds: number): Quantity {
  return { shown: duration(seconds), numbers: { 'in seconds': seconds } };
}

const inPercent = ({ low, high }: Interval): { low: number; high: number } => ({ low: 100 * low, high: 100 * high });

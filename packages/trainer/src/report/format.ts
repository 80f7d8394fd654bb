import type { Interval, MeanDeviation } from '../metrics';
import { percent } from '../percent';

const missing = '–';

/** `71.8 [69.0, 74.1]`. */
export function withInterval(share: number, interval: Interval): string {
  return `${percent(share)} [${percent(interval.low)}, ${percent(interval.high)}]`;
}

/** `71.8 ± 2.1`, or the mean alone where there is no deviation. */
export function plusMinus({ mean, sd }: MeanDeviation): string {
  return Number.isFinite(sd) ? `${percent(mean)} ± ${percent(sd)}` : percent(mean);
}

/** A difference in percentage points with its sign: `+1.3`. */
export function signedPoints(share: number): string {
  if (!Number.isFinite(share)) return missing;
  const text = (100 * share).toFixed(1);
  return share < 0 ? text.replace('-', '−') : `+${text}`;
}

/** `0.031`, `< 0.001`. */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return missing;
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return missing;
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? seconds.toFixed(1) : whole} s`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** A whole number with thin spaces between thousands. */
export function count(value: number): string {
  return Number.isFinite(value) ? String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009') : missing;
}

/** A setting as it would stand behind its flag: lists by commas, `kl=1,focal=2` for numbers by name. */
export function setting(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'all' : value.map(setting).join(',');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, item]) => `${key}=${setting(item)}`)
    .join(',');
}

/** `fold 2`, with its name where that says more than the test groups do. */
export function foldTitle(fold: {
  readonly fold: number;
  readonly name: string;
  readonly testGroups: readonly string[];
}): string {
  const plain = [`fold ${fold.fold}`, fold.testGroups.join('+'), fold.testGroups.join(', ')];
  return plain.includes(fold.name) ? `fold ${fold.fold}` : `fold ${fold.fold}: ${fold.name}`;
}

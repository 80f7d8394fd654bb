import type { Numbers } from './reference';

/** Largest difference, absolute and relative. */
const closeness = 1e-4;

/** What is wrong with numbers against tfjs's own, in words; null where they agree. NaN and infinities must be equal. */
export function disagreement(actual: Numbers, expected: Numbers): string | null {
  if (actual.length !== expected.length) return `${actual.length} numbers where tfjs has ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    const [got, wanted] = [Number(actual[i]), Number(expected[i])];
    if (Object.is(got, wanted) || got === wanted) continue;
    if (Math.abs(got - wanted) <= closeness + closeness * Math.abs(wanted) && Number.isFinite(wanted)) continue;
    return `element ${i} of ${expected.length} is ${got} where tfjs has ${wanted}`;
  }
  return null;
}

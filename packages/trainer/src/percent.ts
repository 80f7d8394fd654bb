/** A share as a percentage: 0.7175 → `71.8`; `–` where there is none. */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? (100 * share).toFixed(digits) : '–';
}

/**
 * A time as tables hold it, in seconds: a number (1.5, or 1,5), `1:02.5`, `00:01:02.5`, or pandas' `0 days 00:00:01.5`.
 * Undefined when there is none (empty, NaT, nan); null when it is something else.
 */
export function parseSeconds(value: unknown): number | undefined | null {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : null;
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^(|nat|nan|none|null)$/i.test(text)) return undefined;
  if (/^\d{1,9}([.,]\d{0,20})?(e[+-]?\d{1,2})?$/i.test(text)) return Number(text.replace(',', '.'));
  const [, days = '0', hours = '0', minutes, seconds] =
    /^(?:(\d{1,4}) days?,? \+?)?(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d{1,20})?)$/.exec(text) ?? [];
  if (minutes === undefined || seconds === undefined) return null;
  const rest = Number(seconds.replace(',', '.'));
  if (Number(minutes) > 59 || rest >= 60) return null;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + rest;
}

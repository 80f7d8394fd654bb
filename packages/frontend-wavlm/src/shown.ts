/** Longer texts say nothing more in a message of one line. */
const MOST = 100;

/** A value from a file as part of a message, strings in quotes: one line of at most 100 characters. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${shownName(value)}"`;
  if (Array.isArray(value))
    return cut(`[${value.slice(0, 20).map((item) => (Array.isArray(item) ? '[…]' : shown(item)))}]`);
  if (typeof value === 'object' && value !== null) return 'an object';
  return value === undefined ? 'nothing' : cut(String(value));
}

/** A name from a file as part of a message, without quotes and control characters. */
export const shownName = (name: string): string =>
  cut(JSON.stringify(name.slice(0, MOST + 1)).slice(1, -1)).replace(
    // JSON leaves these alone; some of them move the cursor or turn the direction of a text.
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const cut = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST)}…` : text);

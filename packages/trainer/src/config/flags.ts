import { InputError } from '@ser/files';
import type { TSchema } from '@sinclair/typebox';
import { renameFormer } from './former';
import { isKey, keys, settings as rules, type Config } from './schema';
import { validate } from './validate';

/** `encoderLr` → `encoder-lr`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

/**
 * Turns the text of flags into typed settings.
 * @throws {InputError} naming the flag and what was expected.
 */
export function parseFlags(flags: Readonly<Record<string, unknown>>): Partial<Config> {
  const settings: Record<string, unknown> = {};
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const named = renameFormer(given, 'flags');
  for (const key of keys) {
    const value = named[key];
    if (value !== undefined) settings[key] = parseFlag(key, value);
  }
  const [problem] = validate(settings);
  if (problem) {
    const [key = ''] = problem.path;
    const about = isKey(key) ? ` (${rules[key].description ?? ''})` : '';
    throw new InputError(`--${flagName(key)}=${String(named[key])}: ${problem.message}${about}`);
  }
  return settings;
}

function parseFlag(key: keyof Config, value: unknown): unknown {
  const rule: TSchema = rules[key];
  if (typeof value !== 'string') return value;
  if (key === 'lossWeights') return value === 'auto' ? value : parseWeights(value);
  switch (rule['type']) {
    case 'number':
    case 'integer':
      return parseNumber(value);
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'array': {
      if (key === 'folds' && value === 'all') return [];
      const items = value.split(',').filter((item) => item !== '');
      const { type } = rule['items'] as TSchema;
      return type === 'string' ? items : items.map(parseNumber);
    }
    default:
      return value;
  }
}

/** A number, or the text itself for the schema to reject. */
function parseNumber(text: string): number | string {
  const fraction = /^(\d+)\/(\d+)$/.exec(text);
  if (fraction) return Number(fraction[1]) / Number(fraction[2]);
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function parseWeights(text: string): Record<string, number | string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name, parseNumber(value)];
    }),
  );
}

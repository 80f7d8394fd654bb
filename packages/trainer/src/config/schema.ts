import { Type, type Static, type TSchema } from '@sinclair/typebox';
import Ajv from 'ajv';
import { sections } from './settings';

export type { Loss } from './settings';

const { Data, Run, Encoder, Model, Losses, Augmentation, Training } = sections;

/** The schema of each setting, by name. */
export const settings = { ...Data, ...Run, ...Encoder, ...Model, ...Losses, ...Augmentation, ...Training };

const complete = Type.Object(settings);

/** Everything a run depends on. */
export type Config = Readonly<Static<typeof complete>>;

/** Used where neither a preset, a file nor a flag says otherwise. */
export const defaults: Config = defaultsOf(complete);

/** Whether a word is the name of a setting. */
export function isKey(word: string): word is keyof Config {
  return Object.hasOwn(settings, word);
}

export const keys = Object.keys(settings).filter(isKey);

/** JSON schema of a configuration: every key optional, because files and flags are partial. */
export const schema = {
  $id: 'ser-config',
  type: 'object',
  additionalProperties: false,
  properties: {
    preset: { type: 'string', description: 'settings to start from' },
    ...Object.fromEntries(Object.entries<TSchema>(settings).map(([key, { value: _, ...rule }]) => [key, rule])),
  },
};

function defaultsOf(rules: typeof complete): Config {
  const fill = new Ajv({ useDefaults: true, strict: false }).compile<Config>(rules);
  const filled: unknown = {};
  if (!fill(filled)) throw new Error('a setting that every run has lacks a default');
  return filled;
}

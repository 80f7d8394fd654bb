import { basename, extname } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { validate } from '../config/validate';
import { InputError, isInputError, messageOf, readTextIfThere } from '@ser/files';
import type { AblationPlan, RowSettings } from './plan';

interface PlanFile {
  readonly name?: string;
  readonly rows: readonly {
    readonly row?: string | number;
    readonly title: string;
    readonly settings: RowSettings;
    readonly paper?: { readonly wa: number; readonly ua: number };
  }[];
  readonly contrasts?: readonly {
    readonly question: string;
    readonly from: string | number;
    readonly to: string | number;
  }[];
  readonly notes?: readonly string[];
}

const rowName = { type: ['string', 'number'] };
const text = { type: 'string', minLength: 1 };
const strict = { type: 'object', additionalProperties: false };

const schema = {
  ...strict,
  required: ['rows'],
  properties: {
    name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
    notes: { type: 'array', items: text },
    rows: {
      type: 'array',
      minItems: 1,
      items: {
        ...strict,
        required: ['title', 'settings'],
        properties: {
          row: rowName,
          title: text,
          settings: { type: 'object', minProperties: 1 },
          paper: {
            ...strict,
            required: ['wa', 'ua'],
            properties: { wa: { type: 'number' }, ua: { type: 'number' } },
          },
        },
      },
    },
    contrasts: {
      type: 'array',
      items: {
        ...strict,
        required: ['question', 'from', 'to'],
        properties: { question: text, from: rowName, to: rowName },
      },
    },
  },
};

const validator = new Ajv({ strict: false, allErrors: true }).compile(schema);
const isPlanFile = (value: unknown): value is PlanFile => validator(value);

/**
 * Reads an ablation of one's own: rows of settings over the common ones, in YAML or JSON.
 *
 * @throws InputError naming the file and what is wrong in it
 */
export async function readPlan(path: string): Promise<AblationPlan> {
  let value: unknown;
  try {
    const text = await readTextIfThere(path);
    if (text === undefined) throw new InputError(`${path}: no such ablation; expected table3, seeds or a YAML file`);
    value = parse(text);
  } catch (error) {
    throw isInputError(error) ? error : new InputError(`${path}: ${messageOf(error)}`);
  }
  if (!isPlanFile(value)) {
    const [problem] = validator.errors ?? [];
    throw new InputError(`${path}: ${problem?.instancePath ?? ''} ${problem?.message ?? 'is no ablation'}`);
  }
  const rows = value.rows.map((row, index) => ({ ...row, row: String(row.row ?? index + 1) }));
  const names = rows.map(({ row }) => row);
  for (const { row, settings } of rows) {
    const [problem] = validate(settings);
    if (problem) throw new InputError(`${path}: row ${row}: ${problem.path.join('.')} ${problem.message}`);
    if (names.indexOf(row) !== names.lastIndexOf(row))
      throw new InputError(`${path}: more than one row is named ${row}`);
  }
  const contrasts = (value.contrasts ?? []).map(({ question, from, to }) => ({
    question,
    from: String(from),
    to: String(to),
  }));
  const unknown = contrasts.flatMap(({ from, to }) => [from, to]).find((row) => !names.includes(row));
  if (unknown !== undefined) throw new InputError(`${path}: a contrast names row ${unknown}, which is not there`);
  const name = value.name ?? basename(path, extname(path));
  return { name, rows, contrasts, notes: value.notes ?? [] };
}

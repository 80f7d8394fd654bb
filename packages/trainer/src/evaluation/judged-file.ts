import { appendFileSync } from 'node:fs';
import { InputError, withFileErrorsSync, writeFileWhole } from '@ser/files';
import { jsonLines, readJsonLines } from '../record/json-lines';
import type { Judged } from './judge-member';

/** What a model has said so far, on disk after every part. */
export interface JudgedFile {
  readonly all: ReadonlyMap<string, readonly number[]>;
  add(part: readonly Judged[]): void;
}

/**
 * Opens the file, or makes it. Half a line, as an interruption leaves it, is dropped.
 * @throws {InputError} when a line is of something else
 */
export async function openJudgedFile(path: string, classes: number): Promise<JudgedFile> {
  const all = new Map<string, readonly number[]>();
  for (const { value, where } of (await readJsonLines(path)) ?? []) {
    const { id, probabilities } = asJudged(value, where, classes);
    all.set(id, probabilities);
  }
  const text = jsonLines([...all].map(([id, probabilities]) => ({ id, probabilities })));
  await writeFileWhole(path, text);
  return {
    all,
    add: (part) => {
      const fresh = part.filter(({ id }) => !all.has(id)).map(({ id, probabilities }) => ({ id, probabilities }));
      withFileErrorsSync(path, () => appendFileSync(path, jsonLines(fresh)));
      for (const { id, probabilities } of fresh) all.set(id, probabilities);
    },
  };
}

function asJudged(value: unknown, where: string, classes: number): Judged {
  if (typeof value === 'object' && value !== null && 'id' in value && 'probabilities' in value) {
    const { id, probabilities } = value;
    const isRow =
      Array.isArray(probabilities) &&
      probabilities.length === classes &&
      probabilities.every((p) => typeof p === 'number');
    if (typeof id === 'string' && isRow) return { id, probabilities };
  }
  throw new InputError(`${where}: expected an id and ${classes} probabilities; remove the file to begin again`);
}

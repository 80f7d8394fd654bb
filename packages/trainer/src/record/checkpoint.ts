import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson, withFileErrorsSync } from '@ser/files';
import type * as tf from '@tensorflow/tfjs';
import type { Position } from './position';
import { notProved, refuseOther, type Fingerprint } from './fingerprint';
import { asPosition } from './run-files';
import { storedFingerprint } from './stored-fingerprint';
import { assignVariables, readTensorFile, writeVariables } from './tensor-file';

const pattern = /^checkpoint-(\d{8,})\.safetensors$/;

/** Names of the checkpoints in a folder, newest first. */
export function listCheckpoints(dir: string): string[] {
  const stepOf = (name: string): number => Number(pattern.exec(name)?.[1]);
  return withFileErrorsSync(dir, () => readdirSync(dir))
    .filter((name) => pattern.test(name))
    .sort((a, b) => stepOf(b) - stepOf(a));
}

/**
 * Writes a checkpoint (whole or not at all), then drops all but the newest `keep`.
 * @throws {InputError} when the file system refuses; the checkpoints before it stay as they are.
 */
export async function saveCheckpoint(
  dir: string,
  variables: ReadonlyMap<string, tf.Variable>,
  { position, fingerprint }: { readonly position: Position; readonly fingerprint: Fingerprint },
  keep: number,
): Promise<void> {
  const name = `checkpoint-${String(position.step).padStart(8, '0')}.safetensors`;
  await writeVariables(join(dir, name), variables, {
    position: JSON.stringify(position),
    fingerprint: JSON.stringify(fingerprint),
  });
  for (const old of listCheckpoints(dir).slice(keep))
    withFileErrorsSync(dir, () => rmSync(join(dir, old), { force: true }));
}

/**
 * Loads the newest checkpoint that is whole. A damaged one is reported and put aside under another name, and the one
 * before it is taken. A checkpoint that is whole and was made from something else stays where it is.
 * @returns undefined when there is none.
 * @throws {InputError} when it cannot be read, or was made from something else.
 */
export async function loadCheckpoint(
  dir: string,
  variables: ReadonlyMap<string, tf.Variable>,
  fingerprint: Fingerprint,
  warn: (line: string) => void,
): Promise<Position | undefined> {
  for (const name of listCheckpoints(dir)) {
    const path = join(dir, name);
    const file = await readTensorFile(path);
    if ('damage' in file) {
      withFileErrorsSync(path, () => renameSync(path, `${path}.damaged`));
      warn(`${path} is damaged (${file.damage}); going back to the one before (it is kept as ${name}.damaged)`);
      continue;
    }
    const stored = storedFingerprint(file.metadata, path);
    if (stored === undefined) warn(`${path} is ${notProved}`);
    refuseOther(path, stored, fingerprint);
    const position = asPosition(parseJson(file.metadata['position'] ?? 'null', path), path);
    assignVariables(variables, file, path);
    return position;
  }
  return undefined;
}

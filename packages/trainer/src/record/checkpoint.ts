import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { messageOf } from '../errors';
import type { LossWeights } from '../training/loss-weights';
import { diskError, flushFolder } from './files';

/** Where a run is: everything that is not a tensor and that the next step depends on. */
export interface Position {
  /** 1-based epoch that the next step belongs to. */
  readonly epoch: number;
  /** Batches of that epoch already done. */
  readonly batch: number;
  /** Updates made. */
  readonly step: number;
  readonly lossWeights?: LossWeights;
  /** Rows of `metrics.jsonl` that belong to the past. */
  readonly metricRows: number;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** Sums over the epoch so far, for its row in the metrics. */
  readonly sums: { readonly count: number; readonly loss: number; readonly raw: readonly number[] };
  readonly best?: { readonly epoch: number; readonly ua: number };
}

const pattern = /^checkpoint-(\d{8})\.safetensors$/;

/** Names of the checkpoints in a folder, newest first. */
export function listCheckpoints(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => pattern.test(name))
    .sort()
    .reverse();
}

/**
 * Writes a checkpoint (whole or not at all), then drops all but the newest `keep`.
 * @throws {InputError} when the disk is full; the checkpoints before it stay as they are.
 */
export async function saveCheckpoint(
  dir: string,
  variables: ReadonlyMap<string, tf.Variable>,
  position: Position,
  keep: number,
): Promise<string> {
  const name = `checkpoint-${String(position.step).padStart(8, '0')}.safetensors`;
  const path = join(dir, name);
  await writeVariables(path, variables, { position: JSON.stringify(position) });
  for (const old of listCheckpoints(dir).slice(keep)) rmSync(join(dir, old), { force: true });
  return path;
}

/** Writes variables with a SHA-256 over names, shapes and values. */
export async function writeVariables(
  path: string,
  variables: ReadonlyMap<string, tf.Variable>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = [...variables].map(([key, variable]) => {
    const data = variable.dataSync<'float32'>();
    return [key, { shape: variable.shape, data }] as const;
  });
  try {
    await writeSafetensors(path, tensors, { ...metadata, sha256: digest(tensors) });
    flushFolder(join(path, '..'));
  } catch (error) {
    throw diskError(error, path);
  }
}

/**
 * Loads the newest checkpoint that is whole. A damaged one is reported, put aside and the one before it is taken.
 * @returns undefined when there is none.
 */
export async function loadCheckpoint(
  dir: string,
  variables: ReadonlyMap<string, tf.Variable>,
  warn: (line: string) => void,
): Promise<Position | undefined> {
  for (const name of listCheckpoints(dir)) {
    const path = join(dir, name);
    try {
      const metadata = await readVariables(path, variables);
      return JSON.parse(metadata['position'] ?? 'null') as Position;
    } catch (error) {
      warn(`${path} is damaged (${messageOf(error)}); going back to the one before`);
      rmSync(path, { force: true });
    }
  }
  return undefined;
}

/**
 * Reads values into variables, all or none.
 * @throws when the file is damaged, or names or shapes differ.
 */
export async function readVariables(
  path: string,
  variables: ReadonlyMap<string, tf.Variable>,
): Promise<Record<string, string>> {
  const metadata = await readSafetensorsMetadata(path);
  const tensors = await readSafetensors(path);
  if (metadata['sha256'] !== digest([...tensors])) throw new Error('its checksum does not match');
  for (const [key, variable] of variables) {
    const stored = tensors.get(key);
    if (!stored) throw new Error(`it has no tensor "${key}"`);
    if (String(stored.shape) !== String(variable.shape)) {
      throw new Error(`"${key}" is [${stored.shape}], expected [${variable.shape}]`);
    }
  }
  for (const [key, variable] of variables) {
    const stored = tensors.get(key);
    if (!stored) continue;
    const value = tf.tensor(stored.data, variable.shape);
    variable.assign(value);
    value.dispose();
  }
  return metadata;
}

type Stored = readonly (readonly [string, { shape: readonly number[]; data: Float32Array | Int32Array }])[];

function digest(tensors: Stored): string {
  const hash = createHash('sha256');
  for (const [key, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${key} ${shape.join('x')}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { initFlam } from '@ser/pool-flam';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

export const heads = 16;
export const temperature = 0.1;
const classes = 4;
const embedding = 64;

export interface Shape {
  readonly batch: number;
  readonly frames: number;
  readonly dim: number;
}

export interface Values {
  readonly shape: number[];
  readonly values: Float32Array | Int32Array;
}

/** Weights and one batch of full-length utterances; the same seed gives the same problem to every side. */
export function createProblem({ batch, frames, dim }: Shape): Map<string, Values> {
  const generator = xoroshiro128plus(20240131);
  const random = (): number => uniformFloat64(generator);
  const tensors = new Map<string, Values>(Object.entries(initFlam(dim, random, { heads })));
  const uniform = (name: string, shape: number[], bound: number): void => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * random() - 1) * bound);
    tensors.set(name, { shape, values });
  };
  uniform('z', [dim, embedding], Math.sqrt(6 / (dim + embedding)));
  uniform('zBias', [embedding], 0);
  uniform('h', [dim, embedding], Math.sqrt(6 / (dim + embedding)));
  uniform('hBias', [embedding], 0);
  uniform('classifier', [embedding, classes], Math.sqrt(6 / (embedding + classes)));
  uniform('classifierBias', [classes], 0);
  uniform('centers', [classes, embedding], 1);
  uniform('frames', [batch, frames, dim], Math.sqrt(3));
  const labels = Int32Array.from({ length: batch }, (_, index) => index % classes);
  // Mixed utterances: the dominant class keeps 0.8, another has the rest.
  const targets = new Float32Array(batch * classes);
  labels.forEach((label, index) => {
    targets[index * classes + label] = 0.8;
    targets[index * classes + ((label + 1 + (index % 3)) % classes)]! += 0.2;
  });
  tensors.set('targets', { shape: [batch, classes], values: targets });
  tensors.set('labels', { shape: [batch], values: labels });
  return tensors;
}

interface Entry {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: number[];
  readonly offset: number;
}

/** Writes `tensors.bin` and its index `tensors.json` into a folder (a new one), for processes of any language. */
export function writeProblem(
  tensors: ReadonlyMap<string, Values>,
  folder = mkdtempSync(path.join(os.tmpdir(), 'flam-step-')),
): string {
  const parts: Buffer[] = [];
  const entries: Entry[] = [];
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    entries.push({ name, dtype: values instanceof Int32Array ? 'int32' : 'float32', shape, offset });
    parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    offset += values.byteLength;
  }
  writeFileSync(path.join(folder, 'tensors.bin'), Buffer.concat(parts));
  writeFileSync(path.join(folder, 'tensors.json'), JSON.stringify({ tensors: entries }));
  return folder;
}

export function readProblem(folder: string): Map<string, Values> {
  const index = JSON.parse(readFileSync(path.join(folder, 'tensors.json'), 'utf8')) as { tensors: Entry[] };
  const { buffer, byteOffset } = readFileSync(path.join(folder, 'tensors.bin'));
  return new Map(
    index.tensors.map(({ name, dtype, shape, offset }) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const start = byteOffset + offset;
      const bytes = buffer.slice(start, start + 4 * length);
      return [name, { shape, values: dtype === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes) }];
    }),
  );
}

/**
 * Floating-point operations that the step cannot do without, by products of matrices; element-wise work is left out.
 * N = batch · frames; the frames themselves need no gradient. Forward and backward of
 * - queries, keys and values: 3 · (2 + 2) N D²; the output projection meets a vector an utterance and the columns that
 *   frames are projected to, not the frames
 * - scores and mixed values: 12 · batch · frames² · D
 * - SupCon's scores and their two gradients: 6 · N² · 64, its projection: (4 + 6) · N · D · 64
 */
export function stepFlops({ batch, frames, dim }: Shape): number {
  const n = batch * frames;
  const projections = 3 * 4 * n * dim ** 2;
  const attention = 12 * batch * frames ** 2 * dim;
  // F and the joined heads are both projected; the frames themselves need no gradient.
  const contrastive = 6 * n ** 2 * embedding + (4 + 6) * n * dim * embedding;
  const pooling = 2 * 6 * n * dim;
  return projections + attention + contrastive + pooling;
}

import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';

/** Functions that Node 23 took out of `util` and tfjs-node 4.22 still calls. */
const removed = { isNullOrUndefined: (x: unknown) => x === null || x === undefined, isArray: Array.isArray };

/**
 * Loads tfjs-node, which registers the backend "tensorflow": that of a folder before one beside this package, because a
 * global `ser` has no packages of the user's beside it.
 *
 * @param threads TensorFlow reads it once a process; 0 leaves it to TensorFlow, which takes every core
 * @throws what `require` throws, also when it is not installed
 */
export function loadTfjsNode(module: string, threads: number, folder = process.cwd()): void {
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in util)) Object.defineProperty(util, name, { value });
  }
  if (threads > 0) {
    process.env['TF_NUM_INTRAOP_THREADS'] = `${threads}`;
    process.env['TF_NUM_INTEROP_THREADS'] = `${threads}`;
  }
  tf.enableProdMode(); // without a warning for each kernel that a second copy of tfjs registers
  createRequire(import.meta.url)(find(module, folder));
}

function find(module: string, folder: string): string {
  for (const from of [join(folder, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve(module);
    } catch {
      // not from here
    }
  }
  throw new Error('it is not installed here or beside ser');
}

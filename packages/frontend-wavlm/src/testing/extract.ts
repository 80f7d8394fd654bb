/**
 * For tests, as a program: `extract.ts CACHE` extracts the same features as every other process does that is given this
 * cache, and prints how many it read, how many it computed, and a digest of all of them.
 */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { createRandomEncoder } from '../encoders/build-encoder';
import { createFrozenEncoder } from '../frozen/frozen-encoder';
import { seeded, testWave, tinyConfigs } from './tiny';

const [cacheDir = ''] = process.argv.slice(2);
await tf.setBackend('cpu');
const random = seeded(8);
const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, random);
const waves = Array.from({ length: 40 }, (_, i) => testWave(1500 + 37 * i, random));
// One utterance a batch: the processes meet often, and a result does not depend on who is batched with whom.
const frozen = await createFrozenEncoder(encoder, { cacheDir, batchSamples: 1 });
const digest = createHash('sha256');
for (const { data } of await frozen.extract(waves)) digest.update(new Uint8Array(data.buffer));
console.log(JSON.stringify({ ...frozen.counts, digest: digest.digest('hex') }));
await frozen.dispose();

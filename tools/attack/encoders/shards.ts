import { mkdirSync } from 'node:fs';
import type { Attack } from '../attack';
import { folderAttack, goodFolder, safetensorsOf, type Folder } from './base';
import { standIns } from './config';

const INDEX = 'model.safetensors.index.json';
const SHARD = 'model-1.safetensors';

/** An index of shards with one good shard beside it. */
const withIndex =
  (map: unknown, more: Folder = {}) =>
  (): Folder => ({ [INDEX]: { weight_map: map }, [SHARD]: safetensorsOf(goodFolder('wavlmLarge').tensors), ...more });

const all = (file: unknown): Record<string, unknown> =>
  Object.fromEntries([...goodFolder('wavlmLarge').tensors.keys()].map((name) => [name, file]));

export function shardAttacks(): Attack[] {
  const maps: Readonly<Record<string, readonly [Attack['expect'], () => Folder]>> = {
    'a good one': ['read', () => withIndex(all(SHARD))()],
    'names itself': ['refused', withIndex({ a: INDEX })],
    'names another index': ['refused', withIndex({ a: 'pytorch_model.bin.index.json' })],
    'leaves the folder': ['refused', withIndex({ a: '../model-1.safetensors' })],
    'an absolute path': ['refused', withIndex({ a: '/etc/passwd' })],
    'a back slash': ['refused', withIndex({ a: '..\\x.safetensors' })],
    'a hidden file': ['refused', withIndex({ a: '.x.safetensors' })],
    'the folder itself': ['refused', withIndex({ a: '.' })],
    'no name': ['refused', withIndex({ a: '' })],
    'a number': ['refused', withIndex({ a: 1 })],
    'an object': ['refused', withIndex({ a: {} })],
    'a list': ['refused', withIndex(['a'])],
    null: ['refused', withIndex(null)],
    'a zero byte in the name': ['refused', withIndex({ a: 'a\0.safetensors' })],
    'a line feed in the name': ['refused', withIndex({ a: 'a\n.safetensors' })],
    'a name of 1 MB': ['refused', withIndex({ a: `${'a'.repeat(1e6)}.safetensors` })],
    'a tensor name of 1 MB': ['refused', withIndex({ ['a'.repeat(1e6)]: SHARD })],
    'a shard that is not there': ['refused', () => withIndex(all('model-2.safetensors'))()],
    'a tensor that the shard lacks': ['refused', withIndex({ other: SHARD })],
    '100,000 shards': [
      'refused',
      () => withIndex(Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`t${i}`, `${i}.bin`])))(),
    ],
    '300,000 tensors': [
      'refused',
      () => withIndex(Object.fromEntries(Array.from({ length: 3e5 }, (_, i) => [`t${i}`, SHARD])))(),
    ],
    'a shard that is a folder': ['refused', withIndex({ a: 'x.bin' }, { 'x.bin': (path) => void mkdirSync(path) })],
    'a shard that is a pipe': ['refused', withIndex({ a: 'x.bin' }, { 'x.bin': standIns['a pipe'] })],
    'no weight_map': ['refused', () => ({ [INDEX]: {} })],
    'no object': ['refused', () => ({ [INDEX]: '7' })],
    'not JSON': ['refused', () => ({ [INDEX]: '{' })],
    'UTF-16': ['refused', () => ({ [INDEX]: Buffer.from('\uFEFF{}', 'utf16le') })],
    'deep JSON': ['refused', () => ({ [INDEX]: `{"weight_map":${'['.repeat(1e6)}${']'.repeat(1e6)}}` })],
    '30 MB': ['refused', () => ({ [INDEX]: `{"weight_map":{}}${' '.repeat(30e6)}` })],
  };
  return [
    ...Object.entries(maps).map(([what, [expect, files]]) => folderAttack(`index: ${what}`, expect, files)),
    ...Object.entries(standIns).map(([what, file]) => folderAttack(`index: ${what}`, 'refused', { [INDEX]: file })),
  ];
}

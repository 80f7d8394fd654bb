import { truncateSync, writeFileSync } from 'node:fs';
import { seeded } from '../../test-support/seeded';
import type { Attack } from '../attack';
import { folderAttack, goodFolder, safetensorsOf, type File, type Tensors } from './base';
import { standIns } from './config';

/** A safetensors file with this header, whatever it says. */
function withHeader(header: unknown, body: Uint8Array = new Uint8Array(64), size?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(size ?? BigInt(json.length));
  return Buffer.concat([length, json, body]);
}

const one = (change: Record<string, unknown>): Buffer =>
  withHeader({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } });

const files: Readonly<Record<string, () => File>> = {
  '7 bytes': () => new Uint8Array(7),
  'zeros only': () => new Uint8Array(4096),
  'a header of 2⁶³ bytes': () => withHeader({}, undefined, 2n ** 63n),
  'a header of 2⁶⁴ − 1 bytes': () => withHeader({}, undefined, 2n ** 64n - 1n),
  'a header one byte longer than the file': () => withHeader('{}', new Uint8Array(), 3n),
  'a header of no bytes': () => withHeader('', undefined, 0n),
  'a header of 1 GB in an empty file': () => (path) => {
    writeFileSync(path, withHeader('', new Uint8Array(), 2n ** 30n));
    truncateSync(path, 2 ** 31);
  },
  'no JSON': () => withHeader('{"a":'),
  'a list': () => withHeader([1]),
  'deep JSON': () => withHeader('['.repeat(1e6) + ']'.repeat(1e6)),
  'UTF-16': () => withHeader(Buffer.from('{}', 'utf16le').toString('latin1')),
  'bytes that are no UTF-8': () => withHeader('{"\xff": 1}'),
  'a tensor that is a number': () => withHeader({ a: 1 }),
  'a tensor that is null': () => withHeader({ a: null }),
  'an unknown type': () => one({ dtype: 'F8_E4M3' }),
  'a type of 1 MB': () => one({ dtype: 'x'.repeat(1e6) }),
  'a type that is an object': () => one({ dtype: { toString: 1 } }),
  'a type named as a method': () => one({ dtype: 'constructor' }),
  'a negative size': () => one({ shape: [-2] }),
  'a fraction of a size': () => one({ shape: [2.5] }),
  'sizes as strings': () => one({ shape: ['2'] }),
  'a shape that is a number': () => one({ shape: 2 }),
  'a product beyond all numbers': () => one({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }),
  'a product that wraps in 64 bits': () => one({ shape: [2 ** 32, 2 ** 32, 2], data_offsets: [0, 0] }),
  '100,000 axes': () => one({ shape: Array.from({ length: 100_000 }, () => 1), data_offsets: [0, 4] }),
  'a place that is reversed': () => one({ data_offsets: [8, 0] }),
  'a place after the file': () => one({ data_offsets: [2 ** 40, 2 ** 40 + 8] }),
  'a negative place': () => one({ data_offsets: [-8, 0] }),
  'a place of three numbers': () => one({ data_offsets: [0, 8, 16] }),
  'no place': () => one({ data_offsets: undefined }),
  'metadata that is an object of objects': () => withHeader({ __metadata__: { a: { b: 1 } } }),
  'metadata that is a list': () => withHeader({ __metadata__: ['a'] }),
  'metadata of numbers': () => withHeader({ __metadata__: { a: 1 } }),
  'metadata that is null': () => withHeader({ __metadata__: null }),
  'no tensor': () => withHeader({}),
  'a name of 100,000 characters': () =>
    withHeader({ ['x'.repeat(1e5)]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }),
  'a name that clears the screen': () =>
    withHeader({ '\u001b[2J\n': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }),
  'a name that turns the text': () => withHeader({ 'a\u202eb': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }),
  'names of Object': () =>
    withHeader(
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"constructor":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
    ),
  '100,000 small tensors': () => manyTensors(100_000),
  '800,000 small tensors': () => manyTensors(800_000),
};

/** Changes of the tensors of a good file. */
const changes: Readonly<Record<string, readonly [Attack['expect'], (tensors: Tensors) => void]>> = {
  'nothing changed': ['read', () => undefined],
  'one missing': ['refused', (tensors) => void tensors.delete('encoder.layer_norm.bias')],
  'one more': ['refused', (tensors) => void tensors.set('x', { shape: [1], data: Float32Array.of(1) })],
  'another shape': [
    'refused',
    (tensors) => void tensors.set('encoder.layer_norm.bias', { shape: [4, 4], data: new Float32Array(16) }),
  ],
  NaN: ['refused', (tensors) => spoil(tensors, NaN)],
  infinity: ['refused', (tensors) => spoil(tensors, Infinity)],
  'minus infinity': ['refused', (tensors) => spoil(tensors, -Infinity)],
  'huge numbers': ['either', (tensors) => spoil(tensors, 3e38)],
  'whole numbers': [
    'read',
    (tensors) => void tensors.set('encoder.layer_norm.bias', { shape: [16], data: new Int32Array(16) }),
  ],
  'wrapped by torch.compile': ['read', (tensors) => rename(tensors, (name) => `_orig_mod.${name}`)],
  'wrapped by DataParallel': ['read', (tensors) => rename(tensors, (name) => `module.wavlm.${name}`)],
  'wrapped twice': ['read', (tensors) => rename(tensors, (name) => `module._orig_mod.${name}`)],
  'wrapped inside': ['read', (tensors) => rename(tensors, (name) => name.replace('encoder.', 'encoder._orig_mod.'))],
  'wrapped and not, the same tensor': [
    'refused',
    (tensors) => void tensors.set('module.encoder.layer_norm.bias', { shape: [16], data: new Float32Array(16) }),
  ],
};

export function safetensorsAttacks(): Attack[] {
  return [
    ...Object.entries(files).map(([what, file]) =>
      folderAttack(`safetensors: ${what}`, 'refused', () => ({ 'model.safetensors': file() })),
    ),
    ...Object.entries(changes).map(([what, [expect, change]]) =>
      folderAttack(`safetensors: ${what}`, expect, () => {
        const { tensors } = goodFolder('wavlmLarge');
        change(tensors);
        return { 'model.safetensors': safetensorsOf(tensors) };
      }),
    ),
    ...Object.entries(standIns).map(([what, file]) =>
      folderAttack(`safetensors: ${what}`, 'refused', { 'model.safetensors': file }),
    ),
    folderAttack('safetensors: all tensors in the same bytes', 'refused', () => ({
      'model.safetensors': sharedBytes(),
    })),
    folderAttack('safetensors: cut in the middle', 'refused', () => {
      const whole = safetensorsOf(goodFolder('wavlmLarge').tensors);
      return { 'model.safetensors': whole.subarray(0, whole.length / 2) };
    }),
    ...Array.from({ length: 25 }, (_, seed) =>
      folderAttack(`safetensors: header damaged at random, ${seed}`, 'either', () => ({
        'model.safetensors': damaged(safetensorsOf(goodFolder('wavlmLarge').tensors), 4000, seed),
      })),
    ),
  ];
}

function manyTensors(count: number): Buffer {
  const tensor = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  return withHeader(`{${Array.from({ length: count }, (_, i) => `"t${i}":${tensor}`).join()}}`);
}

/** Every tensor of a large model, all of them in the same few bytes. */
function sharedBytes(): Buffer {
  const { tensors } = goodFolder('wavlmLarge');
  const entries = [...tensors].map(([name, { shape, data }]) => [
    name,
    { dtype: 'F32', shape, data_offsets: [0, data.byteLength] },
  ]);
  return withHeader(Object.fromEntries(entries), new Uint8Array(100_000));
}

function spoil(tensors: Tensors, value: number): void {
  const { shape, data } = tensors.get('encoder.layers.1.layer_norm.bias') ?? {
    shape: [16],
    data: new Float32Array(16),
  };
  const spoilt = Float32Array.from(data);
  spoilt[spoilt.length - 1] = value;
  tensors.set('encoder.layers.1.layer_norm.bias', { shape, data: spoilt });
}

function rename(tensors: Tensors, nameOf: (name: string) => string): void {
  for (const [name, tensor] of [...tensors]) {
    tensors.delete(name);
    tensors.set(nameOf(name), tensor);
  }
}

/** Some of the first bytes replaced. */
export function damaged(bytes: Buffer, most: number, seed: number): Buffer {
  const random = seeded(seed);
  const copy = Buffer.from(bytes);
  for (let i = 0; i < 1 + seed / 3; i++)
    copy[Math.floor(random() * Math.min(most, copy.length))] = Math.floor(random() * 256);
  return copy;
}

import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { toFloat32 } from './dtype';
import { InputError } from '@ser/files';
import { openSafetensors, readSafetensors, readSafetensorsMetadata } from './safetensors';
import { encodeSafetensors, writeSafetensors, type StoredTensor } from './write-safetensors';
import { withFolder } from '../testing/tiny';

const file = (header: unknown, body: Uint8Array = new Uint8Array()): Buffer => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, body]);
};

it('reads what it wrote', async () => {
  const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = fc.array(fc.float({ noNaN: true }), { minLength: size, maxLength: size });
    return data.map((values): StoredTensor => ({ shape, data: Float32Array.from(values) }));
  });
  await withFolder((folder) =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((s) => s !== '__metadata__' && s !== '__proto__'),
          tensor,
          { maxKeys: 4 },
        ),
        async (tensors) => {
          const path = join(folder, 'x.safetensors');
          await writeSafetensors(path, Object.entries(tensors), { about: 'a test' });
          const read = await readSafetensors(path);
          expect([...read.keys()].sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, { shape, data }] of Object.entries(tensors)) {
            expect(read.get(name)).toEqual({ dtype: 'F32', shape, data });
          }
          expect(await readSafetensorsMetadata(path)).toEqual({ about: 'a test' });
          expect(await readdir(folder)).toEqual(['x.safetensors']);
        },
      ),
      { numRuns: 20 },
    ),
  );
});

it('reads every stored type', () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  expect([...toFloat32(bytes(0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c), 'F16')]).toEqual([
    1,
    -2,
    2 ** -24,
    Infinity,
  ]);
  expect([...toFloat32(bytes(0x80, 0x3f, 0x49, 0xc0), 'BF16')]).toEqual([1, -3.140625]);
  expect([...toFloat32(Buffer.from(Float64Array.of(0.5, -4).buffer), 'F64')]).toEqual([0.5, -4]);
  expect([...toFloat32(Buffer.from(BigInt64Array.of(-5n).buffer), 'I64')]).toEqual([-5]);
  expect([...toFloat32(bytes(0xff, 0xff, 0xff, 0xff), 'I32')]).toEqual([-1]);
  expect([...toFloat32(bytes(0xff, 0x01), 'U8')]).toEqual([255, 1]);
  // Not aligned to four bytes: copied, not viewed.
  const shifted = new Uint8Array(5);
  shifted.set(new Uint8Array(Float32Array.of(7).buffer), 1);
  expect([...toFloat32(shifted.subarray(1), 'F32')]).toEqual([7]);
});

it.each([
  ['an empty file', Buffer.alloc(0), '0 bytes long'],
  ['a text file', Buffer.from('not a checkpoint at all'), 'header is longer than the file'],
  ['no JSON', file('{"a": '), 'no JSON object'],
  ['a list', file([1]), 'no JSON object'],
  [
    'an unknown type',
    file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, new Uint8Array(1)),
    'unknown type F8_E4M3',
  ],
  [
    'a shape that does not fit',
    file({ a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, new Uint8Array(8)),
    'a has 8 bytes for shape [3] of F32',
  ],
  [
    'a cut file',
    file({ a: { dtype: 'F32', shape: [3], data_offsets: [0, 12] } }, new Uint8Array(8)),
    'cut off: a ends after the end',
  ],
  [
    'a negative place',
    file({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, new Uint8Array(8)),
    'a has no shape or place',
  ],
])('refuses %s', async (_, bytes, message) => {
  await withFolder(async (folder) => {
    const path = join(folder, 'model.safetensors');
    await writeFile(path, bytes);
    await expect(openSafetensors(path)).rejects.toThrow(InputError);
    await expect(openSafetensors(path)).rejects.toThrow(`${path}: no safetensors file`);
    await expect(openSafetensors(path)).rejects.toThrow(message);
  });
});

it('leaves the old file when the new one cannot be written', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, [['a', { shape: [1], data: Float32Array.of(1) }]]);
    const before = await readFile(path);
    const bad: [string, StoredTensor] = ['a', { shape: [2], data: Float32Array.of(1) }];
    await expect(writeSafetensors(path, [bad])).rejects.toThrow('a: shape [2] does not fit 1 values');
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder)).toEqual(['x.safetensors']);
    expect(() => [...encodeSafetensors([bad])]).toThrow(InputError);
  });
});

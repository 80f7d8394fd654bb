import { deflateRawSync } from 'node:zlib';
import type { Attack } from '../attack';
import {
  dictionary,
  global,
  int,
  memoGet,
  memoPut,
  op,
  pickle,
  reduce,
  tensor,
  text,
  tuple,
  type TensorPickle,
} from '../../test-support/pickle';
import { zipOf, type ZipEntry } from '../../test-support/zip';
import { folderAttack, goodFolder, type File } from './base';
import { standIns } from './config';
import { damaged } from './safetensors';

const BIN = 'pytorch_model.bin';

/** A torch file of this pickle, with one storage of 64 values. */
const torchFile = (data: Buffer, more: readonly ZipEntry[] = []): Buffer =>
  zipOf([{ name: 'archive/data.pkl', data }, { name: 'archive/data/0', data: new Uint8Array(256) }, ...more]);

/** The good encoder as `torch.save` writes it. */
function goodFile(change: (name: string, data: Buffer) => ZipEntry = (name, data) => ({ name, data })): Buffer {
  const { tensors } = goodFolder('wavlmLarge');
  const items = [...tensors].map(([name, { shape, data }], i) => ({ name, shape, data, storage: String(i) }));
  const state = dictionary(...items.map(({ name, shape, storage }) => [name, tensor(shape, { storage })] as const));
  return zipOf([
    change('archive/data.pkl', pickle(state)),
    ...items.map(({ storage, data }) =>
      change(`archive/data/${storage}`, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
    ),
  ]);
}

const packed = (name: string, data: Buffer): ZipEntry => ({
  name,
  data: deflateRawSync(data),
  method: 8,
  size: data.length,
});
const weight = (shape: readonly number[], options?: TensorPickle): Buffer =>
  pickle(dictionary(['w', tensor(shape, options)]));
const repeated = (times: number, ...codes: (number | string)[]): Buffer =>
  Buffer.alloc(times * op(...codes).length, op(...codes));

const pickles: Readonly<Record<string, () => Buffer>> = {
  'nothing but its end': () => pickle(),
  empty: () => Buffer.alloc(0),
  'a number': () => pickle(int(1)),
  'an empty dictionary': () => pickle(op('}')),
  'protocol 9': () => op(0x80, 9, 'N.'),
  'cut off': () => weight([2]).subarray(0, 60),
  'a string longer than the file': () => pickle(op('X', 0xff, 0xff, 0xff, 0xff)),
  'a string that is no UTF-8': () => pickle(op('X', 2, 0, 0, 0, 0xff, 0xff)),
  'a number of 255 bytes': () => pickle(op(0x8a, 255), Buffer.alloc(255, 0x7f)),
  'an empty stack': () => pickle(op('R')),
  'no mark': () => pickle(op('u')),
  'a memo entry that is not there': () => pickle(memoGet(7)),
  '3,000,000 marks': () => pickle(repeated(3e6, '(')),
  '3,000,000 dictionaries': () => pickle(repeated(3e6, '}')),
  '3,000,000 memo entries': () => pickle(op('N'), repeated(3e6, 0x94)),
  '900,000 items at once': () => pickle(op(']('), repeated(9e5, 'N'), op('e')),
  'lists in lists, 400,000 deep': () => pickle(repeated(4e5, ']'), repeated(4e5 - 1, 'a')),
  'a list in itself': () => pickle(op(']'), memoPut(0), memoGet(0), op('a')),
  'lists that double 60 times': () =>
    pickle(op(']'), ...Array.from({ length: 60 }, (_, i) => Buffer.concat([memoPut(i), memoGet(i), op(0x86)]))),
  'a name made of doubled lists': () =>
    pickle(
      text('x'),
      ...Array.from({ length: 60 }, (_, i) => Buffer.concat([memoPut(i), memoGet(i), op(0x86)])),
      memoPut(99),
      memoGet(99),
      op(0x93),
    ),
  'one list of pairs for 5,000 dictionaries': () =>
    pickle(
      op(']('),
      ...Array.from({ length: 20_000 }, () => op('NN', 0x86)),
      op('e'),
      memoPut(0),
      op('0'),
      ...Array.from({ length: 5000 }, () =>
        Buffer.concat([reduce(global('collections', 'OrderedDict'), Buffer.concat([memoGet(0), op(0x85)]))]),
      ),
    ),
  'a shape of 500,000 axes': () =>
    weight([2], { shapePickle: Buffer.concat([op('('), repeated(5e5, 'K', 1), op('t')]) }),
  'a shape of another kind': () => weight([2], { shapePickle: op('}') }),
  'a negative size': () => weight([2], { shapePickle: tuple(int(-2)) }),
  'a size beyond all numbers': () => weight([2], { shapePickle: tuple(int(2 ** 62)) }),
  'strides of 0: 2⁴⁰ values of one': () => weight([2 ** 20, 2 ** 20], { strides: [0, 0] }),
  'strides of 0: 1,000 values of 64': () => weight([1000], { strides: [0] }),
  'negative strides': () => weight([2], { strides: [-1] }),
  'an offset of 2⁵⁰': () => weight([2], { offset: 2 ** 50 }),
  'a storage that is too small': () => weight([65]),
  'a storage that is not there': () => weight([2], { storage: '1' }),
  'a storage in another folder': () => weight([2], { storage: '../../../../etc/passwd' }),
  'a storage of an unknown type': () => weight([2], { type: 'QInt8Storage' }),
  'a tensor that is a storage type': () => pickle(reduce(global('torch', 'FloatStorage'), op(')'))),
  'a call of a string': () => pickle(reduce(text('os.system'), tuple(text('ls')))),
  'a name that clears the screen': () => pickle(dictionary(['\u001b[2J', tensor([2])])),
  'a name of 1 MB': () => pickle(dictionary(['x'.repeat(1e6), tensor([2])])),
  'a module of 1 MB': () => pickle(global('m'.repeat(1e6), 'x')),
  '20,000 tensors of one storage': () =>
    pickle(
      op('}('),
      ...Array.from({ length: 20_000 }, (_, i) =>
        Buffer.concat([text(`t${i}`), i === 0 ? Buffer.concat([tensor([64]), memoPut(0)]) : memoGet(0)]),
      ),
      op('u'),
    ),
};

/** What a pickle must not reach. */
const calls: readonly (readonly [string, string])[] = [
  ['os', 'system'],
  ['posix', 'system'],
  ['nt', 'system'],
  ['subprocess', 'Popen'],
  ['builtins', 'eval'],
  ['builtins', 'exec'],
  ['builtins', 'getattr'],
  ['__builtin__', 'eval'],
  ['torch.hub', 'load'],
  ['torch', 'load'],
  ['torch', '__class__'],
  ['torch', 'toString'],
  ['torch._utils', '_rebuild_tensor'],
  ['collections', 'Counter'],
  ['numpy.core.multiarray', '_reconstruct'],
  ['runpy', '_run_code'],
  ['webbrowser', 'open'],
  ['pickle', 'loads'],
];

/** Opcodes that call, import or build classes, and some that do not exist. */
const opcodes = [
  0x63, 0x69, 0x6f, 0x81, 0x92, 0x82, 0x83, 0x84, 0x50, 0x62, 0x8e, 0x8f, 0x90, 0x91, 0x96, 0x97, 0x00, 0xff,
];

const zips: Readonly<Record<string, () => File>> = {
  'no zip': () => 'not a zip at all',
  'an empty zip': () => zipOf([]),
  'no data.pkl': () => zipOf([{ name: 'archive/data/0', data: new Uint8Array(4) }]),
  'a data.pkl that unpacks to 200 MB': () => zipOf([packed('archive/data.pkl', Buffer.alloc(2e8, ']'))]),
  'a storage that unpacks to 200 MB': () => torchFile(weight([2]), [packed('archive/data/1', Buffer.alloc(2e8))]),
  'a storage of 2⁴⁰ bytes in its directory': () =>
    zipOf([
      { name: 'archive/data.pkl', data: weight([2]) },
      { name: 'archive/data/0', data: new Uint8Array(8), size: 0xffff_fff0, packed: 0xffff_fff0 },
    ]),
  'a pickle of 4 GB in its directory': () =>
    zipOf([{ name: 'archive/data.pkl', data: weight([2]), size: 0xffff_fff0, packed: 0xffff_fff0 }]),
  'another size in the directory': () => zipOf([{ name: 'archive/data.pkl', data: weight([2]), size: 10 }]),
  'an entry outside of the file': () => zipOf([{ name: 'archive/data.pkl', data: weight([2]), offset: 2 ** 31 }]),
  'two entries of one name': () => torchFile(weight([2]), [{ name: 'archive/data/0', data: new Uint8Array(256) }]),
  'a name that leaves the folder': () => torchFile(weight([2]), [{ name: '../../x', data: new Uint8Array(1) }]),
  'an absolute name': () => torchFile(weight([2]), [{ name: '/etc/x', data: new Uint8Array(1) }]),
  'an encrypted pickle': () => zipOf([{ name: 'archive/data.pkl', data: weight([2]), flags: 1 }]),
  'an unknown compression': () => zipOf([{ name: 'archive/data.pkl', data: weight([2]), method: 99 }]),
  'a damaged compression': () =>
    zipOf([{ name: 'archive/data.pkl', data: Buffer.alloc(100, 0xff), method: 8, size: 200 }]),
  '65,000 entries that are not there': () => zipOf([{ name: 'archive/data.pkl', data: weight([2]) }], 65_000),
  '60,000 entries': () =>
    torchFile(
      weight([2]),
      Array.from({ length: 60_000 }, (_, i) => ({ name: `archive/data/${i + 1}`, data: new Uint8Array() })),
    ),
  'big-endian': () => torchFile(weight([2]), [{ name: 'archive/byteorder', data: Buffer.from('big') }]),
  'cut off': () => goodFile().subarray(0, 20_000),
  'torch before 1.6': () => Buffer.concat([pickle(int(0x1950a86a20f9469c)), pickle(int(1001))]),
};

export function torchAttacks(): Attack[] {
  const attack = (what: string, expect: Attack['expect'], file: () => File): Attack =>
    folderAttack(`torch: ${what}`, expect, () => ({ [BIN]: file() }));
  return [
    attack('a good file', 'read', () => goodFile()),
    attack('a good file, compressed', 'read', () => goodFile(packed)),
    ...Object.entries(pickles).map(([what, data]) => attack(what, 'refused', () => torchFile(data()))),
    ...calls.map(([module, name]) =>
      attack(`calls ${module}.${name}`, 'refused', () =>
        torchFile(pickle(reduce(global(module, name), tuple(text('x'))))),
      ),
    ),
    ...opcodes.map((code) =>
      attack(`opcode 0x${code.toString(16)}`, 'refused', () => torchFile(pickle(op(')', '(', 'N', code, 'N')))),
    ),
    ...Object.entries(zips).map(([what, file]) => attack(what, 'refused', file)),
    ...Object.entries(standIns).map(([what, file]) => attack(what, 'refused', () => file)),
    ...Array.from({ length: 30 }, (_, seed) =>
      attack(`damaged at random, ${seed}`, 'either', () => damaged(goodFile(), Infinity, seed)),
    ),
    ...Array.from({ length: 30 }, (_, seed) =>
      attack(`pickle damaged at random, ${seed}`, 'either', () => damaged(goodFile(), 5000, seed)),
    ),
  ];
}

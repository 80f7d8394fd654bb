import '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  dictionary,
  global,
  memoGet,
  memoPut,
  op,
  pickle,
  reduce,
  tensor,
  text,
} from '../../../../tools/test-support/pickle';
import { zipOf } from '../../../../tools/test-support/zip';
import { openTorchZip } from '../checkpoints/torch-zip';
import { openSafetensors, readSafetensors } from '../checkpoints/safetensors';
import { unpickle } from '../checkpoints/unpickle';
import { writeSafetensors, type StoredTensor } from '../checkpoints/write-safetensors';
import { createRandomEncoder } from '../encoders/build-encoder';
import { seeded, tinyConfigs, withFolder } from '../testing/tiny';
import { inspectFolder, loadEncoder } from './load-encoder';
import { saveEncoder } from './save-encoder';

/** Runs with the folder of a good encoder. */
function withEncoder(run: (folder: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, seeded(1));
    await saveEncoder(encoder, folder);
    encoder.dispose();
    await run(folder);
  });
}

/** Changes the tensors of a saved encoder. */
async function change(
  folder: string,
  edit: (tensors: [string, StoredTensor][]) => [string, StoredTensor][],
): Promise<void> {
  const path = join(folder, 'model.safetensors');
  await writeSafetensors(path, edit([...(await readSafetensors(path))]));
}

it.each([
  ['_orig_mod.', 'torch.compile'],
  ['module.', 'DataParallel'],
  ['module._orig_mod.wavlm.', 'both, around a bigger model'],
])('names that begin with %s are read (%s)', (prefix) =>
  withEncoder(async (folder) => {
    await change(folder, (tensors) => tensors.map(([name, tensor]) => [prefix + name, tensor]));
    expect((await inspectFolder(folder)).prefix).toBe(prefix);
    (await loadEncoder(folder)).dispose();
  }),
);

it('one tensor under two names that mean the same is an error', () =>
  withEncoder(async (folder) => {
    await change(folder, (tensors) => [...tensors, [`module.${tensors[0]?.[0]}`, tensors[0]?.[1] ?? tensorOf([1])]]);
    await expect(loadEncoder(folder)).rejects.toThrow(
      /model\.safetensors: holds (\S+) twice, as \1 and as module\.\1$/,
    );
  }));

it.each([NaN, Infinity, -Infinity])('a weight that is %s is found when it is loaded, and named', (value) =>
  withEncoder(async (folder) => {
    await change(folder, (tensors) =>
      tensors.map(([name, tensor]) =>
        name === 'encoder.layer_norm.bias' ? [name, tensorOf([16], value)] : [name, tensor],
      ),
    );
    await expect(loadEncoder(folder)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining('encoder.layer_norm.bias holds NaN or infinity'),
    });
  }),
);

it.each([
  ['version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n', 'a git-lfs pointer'],
  ['\n<!DOCTYPE html><html></html>', 'a web page (HTML)'],
])('what came in place of a file is named', (content, name) =>
  withEncoder(async (folder) => {
    for (const file of ['model.safetensors', 'config.json']) {
      await writeFile(join(folder, file), content);
      await expect(inspectFolder(folder)).rejects.toThrow(`${join(folder, file)}: ${name}`);
    }
  }),
);

it('a byte order mark in config.json is dropped; UTF-16 is named', () =>
  withEncoder(async (folder) => {
    const path = join(folder, 'config.json');
    const config = JSON.stringify({ ...(await readJson(folder)) });
    await writeFile(path, `\uFEFF${config}`);
    expect((await inspectFolder(folder)).config.kind).toBe('wavlm');
    await writeFile(path, Buffer.from(`\uFEFF${config}`, 'utf16le'));
    await expect(inspectFolder(folder)).rejects.toThrow(`${path}: UTF-16 text, expected UTF-8`);
  }));

it.each([
  [{ num_hidden_layers: 1e9 }, 'num_hidden_layers must be at most 512, found 1000000000'],
  [{ hidden_size: 2 ** 40 }, 'hidden_size must be at most 16384'],
  [{ conv_stride: [4096, 4096, 4096] }, 'conv_stride gives a frame every 68719476736 samples, expected 16 to 160000'],
  [{ conv_stride: [1, 1, 1] }, 'conv_stride gives a frame every 1 samples'],
  [{ conv_kernel: [4000, 4000, 4000], conv_stride: [16, 100, 100] }, 'a frame of'],
  [{ num_buckets: 2 }, 'num_buckets must be at least 4, found 2'],
  [{ max_bucket_distance: 3 }, 'max_bucket_distance must be above 8, found 3'],
  [{ model_type: '\u001b[2J'.repeat(1000) }, 'found "\\u001b[2J\\u001b[2J'],
  [{ model_type: [[[[]]]] }, 'found [[…]]'],
])('config.json with %j: %s', (values, message) =>
  withEncoder(async (folder) => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...(await readJson(folder)), ...values }));
    await expect(inspectFolder(folder)).rejects.toThrow(message);
  }),
);

it('a safetensors header of 140,000 tensors takes time by their number, and a larger one is refused', () =>
  withEncoder(async (folder) => {
    const path = join(folder, 'model.safetensors');
    const header = (count: number): Buffer =>
      withHeader(
        `{${Array.from({ length: count }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`)}}`,
      );
    writeFileSync(path, header(140_000));
    const started = performance.now();
    await expect(inspectFolder(folder)).rejects.toThrow('extra (140000): 0, 1, 2');
    expect(performance.now() - started).toBeLessThan(10_000);
    writeFileSync(path, header(800_000));
    await expect(inspectFolder(folder)).rejects.toThrow(/its header has \d+ bytes, expected at most 16777216/);
  }));

it.each([
  [{ a: entry([1], 0, 4), b: entry([1], 2, 6) }, 'b shares bytes with another tensor'],
  [{ a: entry([2 ** 32, 2 ** 32], 0, 0) }, 'a has 0 bytes for shape'],
  [{ a: { ...entry([1], 0, 4), shape: Array.from({ length: 100 }, () => 1) } }, 'a has no shape or place'],
  [{ __metadata__: { a: { b: 'c' } } }, 'its metadata holds an object under "a", expected a string'],
  [{ __metadata__: [] }, 'its metadata is no object'],
  [{ 'a\u001b[2J': entry([1], 0, 4) }, 'a tensor is named a\\u001b[2J; expected'],
])('a safetensors header %j: %s', (header, message) =>
  withFolder(async (folder) => {
    const path = join(folder, 'x.safetensors');
    await writeFile(path, withHeader(JSON.stringify(header)));
    await expect(openSafetensors(path)).rejects.toThrow(message);
  }),
);

const repeated = (times: number, code: string): Buffer => Buffer.alloc(times, code, 'latin1');
const doubled = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.concat([memoPut(i), memoGet(i), op(0x86)]));

it.each<[string, () => Buffer, string | undefined]>([
  ['900,000 items at once', () => pickle(op(']('), repeated(900_000, 'N'), op('e')), undefined],
  ['lists in each other', () => pickle(repeated(300_000, ']'), repeated(299_999, 'a')), undefined],
  ['a list that holds itself', () => pickle(op(']'), memoPut(0), memoGet(0), op('a')), undefined],
  ['2,000,000 dictionaries', () => pickle(repeated(2e6, '}')), 'more than 1000000 steps'],
  [
    'a name of doubled lists',
    () => pickle(text('x'), ...doubled(60), memoPut(99), memoGet(99), op(0x93)),
    'a name that is no string',
  ],
  [
    'one long list for many dictionaries',
    () =>
      pickle(
        op(']('),
        repeated(9e5, 'N'),
        op('e'),
        memoPut(0),
        ...Array.from({ length: 9 }, () =>
          reduce(global('collections', 'OrderedDict'), Buffer.concat([memoGet(0), op(0x85)])),
        ),
      ),
    'more than 1000000 steps',
  ],
  ['a string of 4 GB', () => pickle(op('X', 255, 255, 255, 255)), 'ends early'],
])('a pickle with %s', (_, bytes, message) => {
  const data = bytes();
  if (message === undefined) expect(() => unpickle(data, 'x.bin')).not.toThrow();
  else expect(() => unpickle(data, 'x.bin')).toThrow(message);
});

it('a pickle cannot change a shape after it was checked', () => {
  const shape = Buffer.concat([op(']'), memoPut(0), op('(K', 2, 'e')]);
  const value = unpickle(
    pickle(dictionary(['w', tensor([2], { shapePickle: shape })]), memoGet(0), op('K', 99, 'a0')),
    'x.bin',
  );
  expect(value).toEqual(new Map([['w', expect.objectContaining({ shape: [2] })]]));
});

it.each<[string, Buffer, string]>([
  [
    'strides of 0',
    pickle(dictionary(['w', tensor([2 ** 20, 2 ** 20], { strides: [0, 0] })])),
    'w needs 1099511627776 values of a storage of 64',
  ],
  ['a storage that is too small', pickle(dictionary(['w', tensor([65])])), 'w needs 65 values of a storage of 64'],
  ['no storage', pickle(dictionary(['w', tensor([2], { storage: '../9' })])), 'holds no storage ../9 for w'],
  [
    'one storage for many',
    pickle(dictionary(...Array.from({ length: 100 }, (_, i) => [`t${i}`, tensor([64])] as const))),
    'many tensors share one storage',
  ],
])('a torch file with %s is refused before anything is read', (_, data, message) =>
  withFolder(async (folder) => {
    const path = join(folder, 'x.bin');
    await writeFile(
      path,
      zipOf([
        { name: 'x/data.pkl', data },
        { name: 'x/data/0', data: new Uint8Array(256) },
      ]),
    );
    await expect(openTorchZip(path)).rejects.toThrow(`${path}: ${message}`);
  }),
);

it('a view of a storage is read in row-major order', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'x.bin');
    const values = Float32Array.from({ length: 64 }, (_, i) => i);
    const data = pickle(dictionary(['w', tensor([2, 3], { offset: 5, strides: [1, 2] })]));
    await writeFile(
      path,
      zipOf([
        { name: 'x/data.pkl', data },
        { name: 'x/data/0', data: new Uint8Array(values.buffer) },
      ]),
    );
    const file = await openTorchZip(path);
    expect([...(await file.read('w'))]).toEqual([5, 7, 9, 6, 8, 10]);
    await file.close();
  }));

it.each([
  [
    'size',
    [{ name: 'x/data.pkl', data: pickle(op('}')), size: 2 ** 31, packed: 2 ** 31 }],
    'its entries unpack to 2147483648 bytes',
  ],
  [
    'name',
    [
      { name: 'x/data.pkl', data: op('.') },
      { name: 'x/data.pkl', data: op('.') },
    ],
    'two entries of one name',
  ],
  ['path', [{ name: '../data.pkl', data: op('.') }], 'damaged zip'],
])('a zip that lies about a %s is refused', (_, entries, message) =>
  withFolder(async (folder) => {
    const path = join(folder, 'x.bin');
    await writeFile(path, zipOf(entries));
    await expect(openTorchZip(path)).rejects.toThrow(message);
  }),
);

it('an index that names an index, or leaves its folder, is refused', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'model.safetensors.index.json');
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ model_type: 'ser-logmel', hidden_size: 8, channels: 6 }),
    );
    for (const file of ['model.safetensors.index.json', '../x.safetensors', '/etc/passwd', '', 7]) {
      await writeFile(path, JSON.stringify({ weight_map: { a: file } }));
      await expect(inspectFolder(folder)).rejects.toThrow('which is no file name of weights');
    }
  }));

function tensorOf(shape: number[], value = 0): StoredTensor {
  return { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value, -1) };
}

function entry(shape: number[], start: number, end: number) {
  return { dtype: 'F32', shape, data_offsets: [start, end] };
}

function withHeader(json: string): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
  return Buffer.concat([size, Buffer.from(json), new Uint8Array(64)]);
}

async function readJson(folder: string): Promise<object> {
  return JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as object;
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describeIf } from '../../../../tools/test-support/describe-if';
import { pythonWith } from '../testing/python';
import { npyFile } from './npy';
import { checkEmbeddingFile, writeEmbeddings } from './write-embeddings';

const dir = mkdtempSync(join(tmpdir(), 'ser-embed-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const rows = [
  { file: 'a, b.wav', label: 'calm', values: Float32Array.of(1.5, -2, 0.1) },
  { file: 'c.wav', label: 'sad', values: Float32Array.of(0, 3e38, -0) },
];

test('an .npy file has its data at a multiple of 64 bytes', () => {
  const bytes = npyFile(
    rows.map(({ values }) => values),
    3,
  );
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  expect((10 + length) % 64).toBe(0);
  expect(new Float32Array(new Uint8Array(bytes.subarray(10 + length)).buffer)).toEqual(
    Float32Array.of(1.5, -2, 0.1, 0, 3e38, -0),
  );
});

test('.parquet holds files, labels and numbers', async () => {
  const path = join(dir, 'e.parquet');
  expect(await writeEmbeddings(path, rows)).toEqual([path]);
  const read = await parquetReadObjects({ file: new Uint8Array(readFileSync(path)).buffer });
  expect(read).toEqual(
    rows.map(({ file, label, values }) => ({ file, label, 0: values[0], 1: values[1], 2: values[2] })),
  );
});

test('other endings are refused before anything is computed', () => {
  expect(() => checkEmbeddingFile('e.txt')).toThrow('--out=e.txt: expected a name that ends in .npy or .parquet');
});

const python = pythonWith('numpy');
describeIf(python !== undefined, 'NumPy: no Python with it there; SER_PYTHON names another')('in NumPy', () => {
  test('.npy and its .csv are read', async () => {
    const [npy = '', csv = ''] = await writeEmbeddings(join(dir, 'e.npy'), rows);
    const code = 'import csv, sys, numpy; print(numpy.load(sys.argv[1]).tolist(), list(csv.reader(open(sys.argv[2]))))';
    const printed = execFileSync(python ?? '', ['-c', code, npy, csv], { encoding: 'utf8' });
    expect(printed.trim()).toBe(
      "[[1.5, -2.0, 0.10000000149011612], [0.0, 3.0000000054977558e+38, -0.0]] [['file', 'label'], ['a, b.wav', 'calm'], ['c.wav', 'sad']]",
    );
  });
});

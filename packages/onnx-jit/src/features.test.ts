import { beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { features, rowOf, type Feature } from './testing/features';

let rows: Feature[];
beforeAll(() => {
  rows = features();
});

it('every kernel that can be compiled is run by a case', () => {
  expect(rows.filter((r) => r.compiled === 'untested').map((r) => r.kernel)).toEqual([]);
});

it('FEATURES.md lists the kernels as they are (npx nx run onnx-jit:features)', () => {
  const text = readFileSync(path.resolve(__dirname, '../FEATURES.md'), 'utf8');
  const written = [...text.matchAll(/^\| \w+ \| (yes|–|untested) \| [^|]* \|/gm)].map(([row]) =>
    row.replace(/ +/g, ' '),
  );
  expect(written).toEqual(rows.map((row) => rowOf(row).replace(/ +/g, ' ')));
});

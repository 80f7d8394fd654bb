import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { countCell, differenceCell, estimateCell, meanCell, percentCell, secondsCell } from './quantity';
import { latex, tableCsv, tableLatex } from './table-files';
import type { TableData } from './table-data';
import { writeTables } from './write-tables';

const results: TableData = {
  name: 'folds',
  caption: 'Results & "folds", 100 %',
  columns: [
    { title: 'Fold' },
    { title: 'UA %', numeric: true },
    { title: 'ΔUA [95 %]', numeric: true },
    { title: 'Time', numeric: true },
    { title: 'Id', code: true },
  ],
  rows: [
    { cells: ['[1], "a"\nb', percentCell(0.71749), '', secondsCell(12.34), 'x_1'] },
    {
      cells: [
        '2',
        percentCell(NaN),
        differenceCell({ difference: -0.004, interval: { low: -0.0131, high: NaN } }),
        secondsCell(7620),
        '–',
      ],
    },
    { kind: 'total', cells: ['Pooled', estimateCell(0.5, { low: 0.25, high: 0.75 }), '', '', 'a%b'] },
    { kind: 'total', cells: ['Mean', meanCell({ mean: 0.5, sd: 0.021, count: 3 }), countCell(12345678), '', ''] },
  ],
};

describe('CSV', () => {
  it('has plain numbers, and intervals and deviations in columns of their own', () => {
    const [header, ...rows] = parse(tableCsv(results)) as string[][];
    expect(header).toEqual([
      ...['Fold', 'UA %', 'UA % low', 'UA % high', 'UA % sd', 'ΔUA', 'ΔUA low', 'ΔUA high', 'Time in seconds', 'Id'],
    ]);
    expect(rows).toEqual([
      ['[1], "a"\nb', '71.749', '', '', '', '', '', '', '12.34', 'x_1'],
      ['2', '', '', '', '', '-0.4', '-1.31', '', '7620', ''],
      ['Pooled', '50', '25', '75', '', '', '', '', '', 'a%b'],
      ['Mean', '50', '', '', '2.1', '12345678', '', '', '', ''],
    ]);
  });

  it('gives back any text and any number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.double({ noNaN: true })), { minLength: 1 }),
        (pairs) => {
          const table = {
            ...results,
            columns: [{ title: 'text' }, { title: 'number' }],
            rows: pairs.map((cells) => ({ cells: [...cells] })),
          };
          const [, ...rows] = parse(tableCsv(table)) as string[][];
          expect(rows.map(([text]) => text)).toEqual(pairs.map(([text]) => (text === '–' ? '' : text)));
          rows.forEach(([, text = ''], i) => {
            const value = pairs[i]?.[1] ?? NaN;
            if (Number.isFinite(value))
              expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(1e-5 * Math.abs(value));
            else expect(text).toBe('');
          });
        },
      ),
    );
  });
});

describe('LaTeX', () => {
  it('is a tabular with the rules of booktabs; intervals stand as they are shown', () => {
    expect(tableLatex(results).split('\n')).toEqual([
      '% Results & "folds", 100 %. Needs \\usepackage{booktabs}.',
      '\\begin{tabular}{@{}lrrrl@{}}',
      '\\toprule',
      'Fold & UA \\% & $\\Delta$UA [95 \\%] & Time & Id \\\\',
      '\\midrule',
      "{}[1], ''a'' b & 71.7 &  & 12 s & \\texttt{x\\_1} \\\\",
      '2 & -- & $-$0.4 [$-$1.3, --] & 2 h 07 min & \\texttt{--} \\\\',
      '\\midrule',
      'Pooled & 50.0 [25.0, 75.0] &  &  & \\texttt{a\\%b} \\\\',
      'Mean & 50.0 $\\pm$ 2.1 & 12\\,345\\,678 &  &  \\\\',
      '\\bottomrule',
      '\\end{tabular}',
      '',
    ]);
  });

  it('escapes every character that means something to TeX', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\\{}&%$#_~^<>|"−±–→Δ\n\t ab[*') }), (text) => {
        const rest = latex(text).replace(/\\(?:[{}&%$#_,]|text\w+\{\})|\$(?:[<>|-]|\\\w+)\$|--|''|~/g, '');
        expect(rest).toMatch(/^[ ab[*/]*$/);
      }),
    );
  });

  it('has as many cells in each row as there are columns, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 5 }), (cells) => {
        const line = tableLatex({ ...results, rows: [{ cells }] }).split('\n')[5] ?? '';
        expect(line.endsWith(' \\\\')).toBe(true);
        expect(line).not.toMatch(/^[[*]/);
        expect(line.match(/(?<!\\)&/g)).toHaveLength(4);
      }),
    );
  });
});

it('leaves no file of a table that is no more, and nothing else is touched', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ser-tables-'));
  await writeTables(dir, [results, { ...results, name: 'other' }]);
  await writeFile(join(dir, 'tables', 'notes.md'), 'mine');
  await writeTables(dir, [results, { ...results, name: 'Folds', rows: [] }]);
  expect(await readFile(join(dir, 'tables', 'Folds-2.csv'), 'utf8')).toBe(tableCsv({ ...results, rows: [] }));
  await writeTables(dir, [results]);
  expect((await readdir(join(dir, 'tables'))).sort()).toEqual(['folds.csv', 'folds.tex', 'notes.md']);
  expect(await readFile(join(dir, 'tables', 'folds.csv'), 'utf8')).toBe(tableCsv(results));
  await rm(dir, { recursive: true });
});

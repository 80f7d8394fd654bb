import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { resolveConfig } from '../../packages/trainer/src/config/resolve';
import { keys } from '../../packages/trainer/src/config/schema';
import { readPlan } from '../../packages/trainer/src/ablation/read-plan';
import type { Attack } from './attack';

const chain = (levels: number): string =>
  Array.from(
    { length: levels },
    (_, i) => `a${i}: &a${i} [${i === 0 ? 'x,'.repeat(10) : `*a${i - 1},`.repeat(10)}]`,
  ).join('\n');

const files: Readonly<Record<string, string | Uint8Array>> = {
  'aliases of aliases': chain(9),
  'an alias of itself': 'a: &a [*a]',
  'a preset named __proto__': 'preset: __proto__',
  'a preset named constructor': 'preset: constructor',
  'a key named __proto__': '__proto__: {epochs: 3}',
  'a key named constructor': 'constructor: 3',
  'a tag that makes code': 'epochs: !!js/function "function () { return 1 }"',
  'a binary tag': 'name: !!binary "AAAA"',
  'a set': 'losses: !!set {kl, focal}',
  'deep lists': `folds: ${'['.repeat(20_000)}`,
  'deep maps': `lossWeights: ${'{a: '.repeat(20_000)}`,
  'a merge key': 'base: &b {epochs: 3}\n<<: *b',
  'two documents': 'epochs: 1\n---\nepochs: 2',
  'one key twice': 'epochs: 1\nepochs: 2',
  'a former name beside the present one': 'average: 0.9\nemaDecay: 0.5',
  'a list at the top': '- epochs: 3',
  'a text at the top': 'epochs',
  'a tab': 'epochs:\t3\n\tlr: 1',
  'UTF-16': new Uint8Array(Buffer.from('\ufeffepochs: 3', 'utf16le')),
  'Windows-1252': new Uint8Array(Buffer.from('name: caf\xe9', 'latin1')),
  'zero bytes': new Uint8Array(1000),
  'a line of 20 MB': `name: ${'x'.repeat(2e7)}`,
  '200,000 keys': Array.from({ length: 200_000 }, (_, i) => `k${i}: 1`).join('\n'),
};

const values: Readonly<Record<string, string>> = {
  'a huge number': '1e308',
  'more than all numbers': '.inf',
  'no number': '.nan',
  'minus one': '-1',
  nothing: 'null',
  'a map': '{a: 1}',
  'a list of lists': '[[[]]]',
  'a path upwards': '"../../../../etc/passwd"',
  'escape sequences': '"\\e[2J\\a"',
};

const plans: Readonly<Record<string, string>> = {
  'no rows': 'rows: []',
  'aliases of aliases': chain(9),
  'a row of a wrong setting': 'rows: [{title: a, settings: {epochs: many}}]',
  'a name that is a path': 'name: ../../x\nrows: [{title: a, settings: {epochs: 1}}]',
  'a contrast of nothing': 'rows: [{title: a, settings: {epochs: 1}}]\ncontrasts: [{question: q, from: x, to: y}]',
  'a row twice': 'rows: [{row: 1, title: a, settings: {epochs: 1}}, {row: 1, title: b, settings: {epochs: 2}}]',
};

/** Files of settings and of ablations. */
export function attacks(): Attack[] {
  const given = Object.entries(files);
  const wrong = keys.flatMap((key) =>
    Object.entries(values).map(([what, value]) => [`${key} is ${what}`, `${key}: ${value}`] as const),
  );
  return [
    ...[...given, ...wrong].map(([name, text]): Attack => ({
      name,
      expect: 'either',
      write: (folder) => writeFileSync(path.join(folder, 'settings.yaml'), text),
      run: (folder) => {
        try {
          resolveConfig({ file: path.join(folder, 'settings.yaml') });
        } catch (error) {
          // Several problems are several lines; each is looked at by itself.
          if (error instanceof Error && error.name === 'InputError') error.message = error.message.split('\n')[0] ?? '';
          throw error;
        }
        return Promise.resolve();
      },
    })),
    ...Object.entries(plans).map(([name, text]): Attack => ({
      name: `an ablation with ${name}`,
      expect: 'refused',
      write: (folder) => writeFileSync(path.join(folder, 'plan.yaml'), text),
      run: (folder) => readPlan(path.join(folder, 'plan.yaml')),
    })),
  ];
}

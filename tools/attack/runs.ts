import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeSyntheticRun } from '../../packages/trainer/src/testing/synthetic-run';
import type { Attack } from './attack';

/** Text or bytes in place of a file of a run. */
type Damage = string | Uint8Array | ((text: string) => string);

const anyJson: Readonly<Record<string, Damage>> = {
  'no bytes': '',
  'half of it': (text) => text.slice(0, text.length / 2),
  'zero bytes': new Uint8Array(4096),
  'no UTF-8': new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
  'UTF-16': new Uint8Array(Buffer.from('\ufeff{}', 'utf16le')),
  'a byte order mark': (text) => `\ufeff${text}`,
  null: 'null',
  'a list': '[]',
  'a number': '1e999',
  'deep JSON': '['.repeat(2e6),
  'deep objects': '{"a":'.repeat(2e5),
  NaN: '{"a": NaN}',
  'a web page': '<!doctype html><title>404</title>',
  __proto__: '{"__proto__": {"labels": ["polluted"]}, "constructor": 1}',
  'a key of 10 MB': `{"${'k'.repeat(1e7)}": 1}`,
};

const own: readonly [file: string, what: string, damage: Damage][] = [
  ['config.json', 'folds in the millions', (text) => text.replace('"folds": [', '"folds": [1e9, 4503599627370496, ')],
  ['config.json', 'a fold count of 10¹²', (text) => text.replace(/"folds": \[[^\]]*\]/, '"foldCount": 1e12')],
  [
    'config.json',
    'labels that are objects',
    (text) => text.replace(/"labels": \[[^\]]*\]/, '"labels": [{"toString": 1}]'),
  ],
  ['config.json', 'a label of escape sequences', (text) => text.replace('"neutral"', '"\\u001b[2J\\u0007neutral"')],
  ['config.json', 'a command that is an object', (text) => text.replace(/"command": "[^"]*"/, '"command": {"a": []}')],
  ['fold-1/fold.json', 'negative counts', (text) => text.replace(/"testUtterances":\d+/, '"testUtterances":-1')],
  [
    'fold-1/fold.json',
    'utterances that nobody can count',
    (text) => text.replace(/"testUtterances":\d+/, '"testUtterances":1e308'),
  ],
  ['fold-1/fold.json', 'null for its accuracy', (text) => text.replace(/"wa":[\d.]+/, '"wa":null')],
  ['fold-1/fold.json', 'text for its accuracy', (text) => text.replace(/"wa":[\d.]+/, '"wa":"1"')],
  ['fold-1/fold.json', 'no labels', (text) => text.replace(/"labels":\[[^\]]*\]/, '"labels":[]')],
  ['fold-1/predictions.jsonl', 'an unknown label', (text) => text.replace('"label":"', '"label":"<script>')],
  [
    'fold-1/predictions.jsonl',
    'a label named as a method',
    (text) => text.replace(/"label":"\w+"/, '"label":"__proto__"'),
  ],
  [
    'fold-1/predictions.jsonl',
    'probabilities of 10³⁰⁸',
    (text) => text.replace(/"probabilities":\[[\d.e-]+/, '"probabilities":[1e308'),
  ],
  [
    'fold-1/predictions.jsonl',
    'more probabilities than classes',
    (text) => text.replace('"probabilities":[', '"probabilities":[0,0,'),
  ],
  ['fold-1/predictions.jsonl', 'an id of 1 MB', (text) => text.replace('"id":"', `"id":"${'x'.repeat(1e6)}`)],
  [
    'fold-1/predictions.jsonl',
    'a speaker of markup',
    (text) => text.replaceAll('"speaker":"', '"speaker":"</td><script>alert(1)</script>'),
  ],
  ['fold-1/metrics.jsonl', 'an epoch of 10¹⁵', (text) => text.replace('"epoch":1', '"epoch":1000000000000000')],
  ['fold-1/metrics.jsonl', 'losses of 10³⁰⁸', (text) => text.replace(/"loss":[\d.]+/g, '"loss":1e308')],
  ['fold-1/metrics.jsonl', 'negative losses', (text) => text.replace(/"loss":/g, '"loss":-')],
  ['fold-1/metrics.jsonl', 'a component named __proto__', (text) => text.replace('"kl":', '"__proto__":')],
  ['fold-1/metrics.jsonl', '100,000 rows', (text) => (text.split('\n')[0] + '\n').repeat(1e5)],
  ['fold-1/embeddings.jsonl', 'embeddings of two sizes', (text) => text.replace('"z":[', '"z":[0,')],
  ['fold-1/embeddings.jsonl', 'embeddings of 10³⁰⁸', (text) => text.replace(/"z":\[[\d.e-]+/g, '"z":[1e308')],
  [
    'fold-1/embeddings.jsonl',
    'embeddings that are all the same',
    (text) => text.replace(/"z":\[[^\]]*\]/g, '"z":[1,1]'),
  ],
  [
    'fold-1/attention.jsonl',
    'audio that is a device',
    (text) => text.replace(/"audio":"[^"]*"/g, '"audio":"/dev/zero"'),
  ],
  ['fold-1/attention.jsonl', 'audio that is a folder', (text) => text.replace(/"audio":"[^"]*"/g, '"audio":"/"')],
  [
    'fold-1/attention.jsonl',
    'a frame rate of 10⁻³⁰⁰',
    (text) => text.replace(/"frameRate":\d+/g, '"frameRate":1e-300'),
  ],
  [
    'fold-1/attention.jsonl',
    'a million weights',
    (text) => text.replace(/"weights":\[[^\]]*\]/, `"weights":[${'0,'.repeat(1e6)}1]`),
  ],
  ['fold-1/tsne.json', 'a cache of another form', '{"key": 1, "panels": {"length": 1e9}}'],
];

/** The folders of runs, with every file of theirs damaged, as `ser report` and `ser compare` read them. */
export function attacks(): Attack[] {
  const files = ['config.json', 'fold-1/fold.json', 'fold-1/predictions.jsonl', 'fold-1/metrics.jsonl'];
  const every = files.flatMap((file) =>
    Object.entries(anyJson).map(([what, damage]): (typeof own)[number] => [file, what, damage]),
  );
  return [...every, ...own].map(([file, what, damage]) => ({
    name: `${file}: ${what}`,
    expect: 'either',
    write: async (folder) => {
      const run = path.join(folder, 'run');
      await writeSyntheticRun(run, { folds: 2, perFold: 12, epochs: 3, embeddings: 8, attention: 2 });
      const target = path.join(run, file);
      mkdirSync(path.dirname(target), { recursive: true });
      const content = typeof damage === 'function' ? damage(readFileSync(target, 'utf8')) : damage;
      writeFileSync(target, content);
      cpSync(run, path.join(folder, 'other'), { recursive: true });
    },
    run: async (folder) => {
      const { compareRuns, writeReport } = await import('../../packages/trainer/src/report');
      await writeReport(path.join(folder, 'run'), { resamples: 20 });
      const html = readFileSync(path.join(folder, 'run', 'report.html'), 'utf8');
      if (/<script/i.test(html)) throw new Error('a script got into the report');
      await compareRuns(path.join(folder, 'run'), path.join(folder, 'other'), { resamples: 20 });
    },
  }));
}

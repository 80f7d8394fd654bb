import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { folds, openCorpus } from '../../../packages/datasets/src/index';
import { toneWav } from '../../../packages/datasets/src/testing/wav-bytes';
import type { Attack } from '../attack';

const card = {
  name: 'x',
  title: 'x',
  license: { name: 'x', access: 'own' },
  source: { citation: 'x' },
  reader: 'files',
  pattern: '{speaker}_{label}_{take}',
  labels: { classes: ['happy', 'sad'], map: { happy: 'happy', sad: 'sad' } },
  folds: { by: 'speaker' },
};

/** Cards that others wrote. */
export function cardAttacks(): Attack[] {
  const value = (name: string, changes: object, expect: Attack['expect'] = 'refused'): Attack =>
    attack(name, JSON.stringify({ ...card, ...changes }), expect);
  const long = 'a'.repeat(5000);
  return [
    value('as it should be', {}, 'read'),
    ...[
      '',
      '{',
      '[]',
      'null',
      '3',
      '"x"',
      '// nothing',
      '/* open',
      '{"name":}',
      '\uFEFF',
      '['.repeat(200_000),
      '{"a":'.repeat(100_000),
    ].map((text) => attack(`text ${JSON.stringify(text.slice(0, 10))}`, text, 'refused')),
    attack('UTF-16', Buffer.from(JSON.stringify(card), 'utf16le'), 'refused'),
    attack('Windows-1252', Buffer.from(JSON.stringify({ ...card, title: 'J\u00f6rg' }), 'latin1'), 'refused'),
    attack('with a byte order mark and comments', `\uFEFF// mine\n${JSON.stringify(card)}`, 'read'),
    ...Object.keys(card).map((key) => value(`without ${key}`, { [key]: undefined })),
    ...Object.keys(card).map((key) => value(`whose ${key} is a number`, { [key]: 3 })),
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((word) =>
      attack(
        `with the label ${word}`,
        JSON.stringify(card).replace('"map":{', `"map":{${JSON.stringify(word)}:"happy",`),
        'either',
      ),
    ),
    attack('that sets a prototype', JSON.stringify(card).replace('{', '{"__proto__":{"polluted":1},'), 'refused'),
    ...[
      '(a+)+$',
      '(?<label>(a|aa)+)$',
      '(?<label>.*.*.*.*)!',
      '(?<x>x{1,1000}){1,1000}',
      '(?<a>',
      '\\1',
      '(?=x)',
      long,
    ].map((regex) => value(`regex ${regex.slice(0, 20)}`, { pattern: undefined, regex }, 'refused')),
    ...[
      '',
      '{',
      '}',
      '{}',
      '{a}{b}',
      '{1}',
      '{a:}',
      '{label:0}',
      '{label:9999}',
      '{label:|}',
      '*'.repeat(900),
      `{${long}}`,
      '{speaker}/../../{label}',
    ].map((pattern) => value(`pattern ${pattern.slice(0, 20)}`, { pattern }, 'refused')),
    value('of a thousand patterns', { pattern: Array.from({ length: 1000 }, () => '{label}_*') }),
    ...['/etc/passwd', '../../../../etc/passwd', '/dev/zero', '.', 'none.csv', 'a\0b.csv'].map((manifest) =>
      value(`whose table is ${JSON.stringify(manifest)}`, { reader: 'manifest', manifest }),
    ),
    value('of negative folds', { folds: { by: 'speaker', k: -1 } }),
    value('of a million folds', { folds: { by: 'speaker', k: 1e6 } }),
    value('that folds by what is not there', { folds: { by: '__proto__' } }),
    value('that expects what is not there', { expected: { utterances: 1e9 } }),
  ];
}

function attack(name: string, content: string | Buffer, expect: Attack['expect']): Attack {
  return {
    name: `card: ${name}`,
    expect,
    write: (folder) => {
      for (const speaker of ['ann', 'bob'])
        for (const label of ['happy', 'sad']) writeFileSync(path.join(folder, `${speaker}_${label}_1.wav`), toneWav());
      writeFileSync(path.join(folder, 'card.json'), content);
    },
    run: async (folder) => {
      folds(await openCorpus(path.join(folder, 'card.json')));
      if ('polluted' in {}) throw new Error('a prototype was polluted');
    },
  };
}

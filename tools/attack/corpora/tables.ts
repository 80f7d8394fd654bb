import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { folds, initCard, openCorpus } from '../../../packages/datasets/src/index';
import { toneWav } from '../../../packages/datasets/src/testing/wav-bytes';
import type { Attack } from '../attack';

const header = 'audio,label,speaker';

/** Tables that others wrote, read by a card and looked at by `ser data init`. */
export function tableAttacks(): Attack[] {
  const row = (...cells: string[]): string => `${header}\n${cells.join(',')}\nb.wav,sad,bob\n`;
  const texts: readonly (readonly [string, string | Buffer, Attack['expect']])[] = [
    ['as it should be', row('a.wav', 'happy', 'ann'), 'read'],
    ['empty', '', 'refused'],
    ['a header alone', header, 'refused'],
    ['two columns of one name', 'audio,label,speaker,label\na.wav,happy,ann,sad\n', 'refused'],
    ['an open quote', `${header}\n"a.wav,happy,ann\n`, 'refused'],
    ['a row of 100,000 cells', `${header}\n${'x,'.repeat(100_000)}\n`, 'refused'],
    ['a cell of 10 MB', row('a.wav', 'happy', 'x'.repeat(10_000_000)), 'either'],
    ['a label of 10 MB', row('a.wav', 'x'.repeat(10_000_000), 'ann'), 'refused'],
    ['noughts in a name', row('a\0.wav', 'happy', 'ann'), 'refused'],
    ['UTF-16', Buffer.from(row('a.wav', 'happy', 'ann'), 'utf16le'), 'refused'],
    ['Windows-1252', Buffer.from(row('a.wav', 'happy', 'J\u00f6rg'), 'latin1'), 'refused'],
    [
      'bytes that are no text',
      Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7 + (i >> 3)) % 256)),
      'refused',
    ],
    ['a speaker called __proto__', row('a.wav', 'happy', '__proto__'), 'read'],
    ['a label called __proto__', row('a.wav', '__proto__', 'ann'), 'refused'],
    ['a label that is deep JSON', row('a.wav', `"${'['.repeat(100_000)}"`, 'ann'), 'refused'],
    ['a column called __proto__', `${header},__proto__\na.wav,happy,ann,x\nb.wav,sad,bob,y\n`, 'read'],
    ...['1e309', '-1', 'NaN', 'Infinity', '9'.repeat(500), '0x10', '99:99', '1 days'].map(
      (start): [string, string, Attack['expect']] => [
        `a start of ${start.slice(0, 12)}`,
        `${header},start,end\na.wav,happy,ann,${start},1\nb.wav,sad,bob,,\n`,
        'either',
      ],
    ),
  ];
  const json: readonly (readonly [string, string, Attack['expect']])[] = [
    ['no JSON', 'x\n', 'refused'],
    ['numbers', '1\n2\n', 'refused'],
    ['deep JSON', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}\n`, 'refused'],
    [
      'a prototype',
      '{"__proto__":{"polluted":1},"audio":"a.wav","label":"happy","speaker":"ann"}\n{"audio":"b.wav","label":"sad","speaker":"bob"}\n',
      'read',
    ],
    ['a label that is an object of text', '{"audio":"a.wav","label":{"happy":"x"},"speaker":"ann"}\n', 'refused'],
    ['shares below zero', '{"audio":"a.wav","label":{"happy":-1},"speaker":"ann"}\n', 'refused'],
    [
      'shares of 1e308',
      '{"audio":"a.wav","label":{"happy":1e308,"sad":1e308},"speaker":"ann"}\n{"audio":"b.wav","label":"sad","speaker":"bob"}\n',
      'either',
    ],
    ['a speaker that is a list', '{"audio":"a.wav","label":"happy","speaker":["ann"]}\n', 'refused'],
    ['100,000 rows of one id', '{"audio":"a.wav","label":"happy","speaker":"ann"}\n'.repeat(100_000), 'refused'],
  ];
  return [
    ...texts.map(([name, text, expect]) => attack(name, 'm.csv', text, expect)),
    ...json.map(([name, text, expect]) => attack(name, 'm.jsonl', text, expect)),
    ...texts.map(([name, text]) => looking(name, 'm.csv', text)),
    ...json.map(([name, text]) => looking(name, 'm.jsonl', text)),
  ];
}

function write(folder: string, file: string, content: string | Buffer): void {
  writeFileSync(path.join(folder, 'a.wav'), toneWav());
  writeFileSync(path.join(folder, 'b.wav'), toneWav(300));
  writeFileSync(path.join(folder, file), content);
}

function attack(name: string, file: string, content: string | Buffer, expect: Attack['expect']): Attack {
  const card = {
    name: 'x',
    title: 'x',
    license: { name: 'x', access: 'own' },
    source: { citation: 'x' },
    reader: 'manifest',
    manifest: file,
    labels: { classes: ['happy', 'sad'], map: { happy: 'happy', sad: 'sad' } },
    folds: { by: 'speaker' },
  };
  return {
    name: `table ${file}: ${name}`,
    expect,
    write: (folder) => {
      write(folder, file, content);
      writeFileSync(path.join(folder, 'card.json'), JSON.stringify(card));
    },
    run: async (folder) => {
      folds(await openCorpus(path.join(folder, 'card.json')));
      if ('polluted' in {}) throw new Error('a prototype was polluted');
    },
  };
}

function looking(name: string, file: string, content: string | Buffer): Attack {
  return {
    name: `init ${file}: ${name}`,
    expect: 'either',
    write: (folder) => write(folder, file, content),
    run: (folder) => initCard(folder),
  };
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'node-wav';
import { seeded } from '../random';

/** For tests: a corpus of 12 noisy tones, three speakers and two labels, with a card and a manifest of its own. */
export interface OwnCorpus {
  /** Path of the card, for `--dataset`. */
  readonly card: string;
  readonly speakers: readonly string[];
  readonly files: readonly string[];
}

export function writeOwnCorpus(dir: string, options: { readonly firstLabel?: string } = {}): OwnCorpus {
  const speakers = ['ann', 'bob', 'cy'];
  mkdirSync(join(dir, 'audio'), { recursive: true });
  const takes = speakers.flatMap((speaker) =>
    ['calm', 'upset'].flatMap((label) => [1, 2].map((take) => ({ speaker, label, take }))),
  );
  const rows = takes.map(({ speaker, label, take }, i) => {
    const random = seeded('tone', i);
    const tone = Float32Array.from(
      { length: 6400 + 320 * i },
      (_, n) => 0.3 * Math.sin(n * (label === 'calm' ? 0.1 : 0.4)) + 0.1 * (random() - 0.5),
    );
    const audio = `audio/${speaker}-${label}-${take}.wav`;
    writeFileSync(join(dir, audio), encode([tone], { sampleRate: 16_000, float: false, bitDepth: 16 }));
    return { audio, label: i === 0 ? (options.firstLabel ?? label) : label, speaker };
  });
  writeFileSync(join(dir, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const card = {
    name: 'own',
    title: 'Own',
    license: { name: 'ours', access: 'own' },
    source: { citation: 'us' },
    reader: 'manifest',
    manifest: 'rows.jsonl',
    labels: { classes: ['calm', 'upset'], map: { calm: 'calm', upset: 'upset' } },
    folds: { by: 'speaker' },
  };
  writeFileSync(join(dir, 'card.json'), JSON.stringify(card));
  return { card: join(dir, 'card.json'), speakers, files: rows.map(({ audio }) => join(dir, audio)) };
}

/** Flags of a model that trains on it in a second. */
export const tinyFlags: Readonly<Record<string, string>> = {
  'hidden-size': '16',
  heads: '2',
  projection: '4',
  epochs: '2',
  'batch-size': '4',
  buckets: '1',
  threads: '1',
};

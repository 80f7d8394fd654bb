/**
 * The way of a new user, timed: twelve corpora in their true layouts, made here, each brought with one `ser data init`
 * (or the card that it points to) and evaluated with one `ser cv`.
 *
 *     node --conditions=@ser/source --import tsx tools/corpora-walk.ts [name …]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { table } from './table';
import { corpusLayouts, type CorpusLayout } from './test-support/corpus-layouts';

const cli = path.resolve(import.meta.dirname, '../packages/trainer/src/cli.ts');
const wanted = process.argv.slice(2);
const root = mkdtempSync(path.join(tmpdir(), 'corpora-walk-'));
/** A model that trains in a second: this is about the way, not about accuracy. */
const tiny = [
  '--hidden-size=16',
  '--heads=2',
  '--projection=4',
  '--epochs=1',
  '--batch-size=8',
  '--buckets=1',
  '--threads=2',
];

function write({ name, files }: CorpusLayout): string {
  const folder = path.join(root, name.replace(/\W+/g, '-').toLowerCase());
  for (const [file, content] of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
  return folder;
}

function ser(args: readonly string[], what: string): { text: string; seconds: number } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@ser/source', '--import', import.meta.resolve('tsx'), cli, ...args],
    { cwd: root, encoding: 'utf8', timeout: 300_000 },
  );
  if (status !== 0) throw new Error(`${what}: exit ${status}\n${stdout}\n${stderr}`);
  return { text: `${stdout}${stderr}`, seconds: (performance.now() - started) / 1000 };
}

const rows: string[][] = [];
try {
  for (const layout of corpusLayouts()) {
    if (wanted.length > 0 && !wanted.includes(layout.name)) continue;
    const folder = write(layout);
    const init = ser(['data', 'init', folder], `${layout.name}: init`);
    const dataset =
      layout.card === undefined
        ? [`--dataset=${path.join(folder, 'card.json')}`]
        : [`--dataset=${layout.card}`, `--data-dir=${folder}`];
    const name = path.basename(folder);
    const cv = ser(['cv', ...dataset, ...layout.flags, ...tiny, `--name=${name}`], `${layout.name}: cv`);
    const folds = new Set(cv.text.match(/^fold \d+ {2}.*: .*WA/gm)?.map((line) => line.split('  ')[0])).size;
    rows.push([
      layout.name,
      String(layout.utterances),
      layout.card === undefined ? 'init' : `init names the card ${layout.card}`,
      layout.flags.join(' '),
      String(folds),
      init.seconds.toFixed(1),
      cv.seconds.toFixed(1),
    ]);
    console.error(rows.at(-1)?.join('  '));
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(table(['layout', 'utterances', 'card', 'flags', 'folds', 'init, s', 'cv, s'], rows));

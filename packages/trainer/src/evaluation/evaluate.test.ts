import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'node-wav';
import { runProgram } from '../program';
import { seeded } from '../random';
import { readPredictions } from '../record/predictions';
import type { FoldResult, PredictionLine } from '../record/run-files';
import { createProgress } from '../run/progress';
import { tinyFlags, writeOwnCorpus } from '../testing/own-corpus';
import { watchProgram } from '../testing/watch-program';
import { evaluateModel, type EvaluationOptions } from './evaluate-model';

const root = mkdtempSync(join(tmpdir(), 'ser-evaluate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: string[]): string => join(root, ...parts);
const own = writeOwnCorpus(at('own'));

/** Other recordings of other people, with labels that are written differently and one that no model knows. */
function writeOther(dir: string): string {
  cpSync(at('own'), dir, { recursive: true });
  const labels = ['CALM', 'Upset', 'bored', 'angry'];
  const rows = Array.from({ length: 24 }, (_, i) => {
    const random = seeded('other', i);
    const tone = Float32Array.from(
      { length: 5000 + 700 * i },
      (_, n) => 0.3 * Math.sin(n * (i % 2 ? 0.4 : 0.1)) + 0.1 * random(),
    );
    const audio = `audio/other-${i}.wav`;
    writeFileSync(join(dir, audio), encode([tone], { sampleRate: 16_000, float: false, bitDepth: 16 }));
    return { audio, label: labels[i % 4], speaker: `s${i % 3}`, gender: i % 2 ? 'f' : 'm' };
  });
  writeFileSync(join(dir, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const card = JSON.parse(readFileSync(join(dir, 'card.json'), 'utf8')) as object;
  const map = Object.fromEntries(labels.map((label) => [label, label]));
  const path = join(dir, 'card.json');
  writeFileSync(path, JSON.stringify({ ...card, name: 'other', labels: { classes: labels, map } }));
  return path;
}
const other = writeOther(at('other'));

const { ser, refused } = watchProgram();
const runs = `--runs=${at('runs')}`;
const tiny = Object.entries(tinyFlags).map(([flag, value]) => `--${flag}=${value}`);
const fold = (index: number): string => at('runs', 'own', `fold-${index}`);
const evaluate = (model: string, card: string, ...more: string[]): string[] => ['evaluate', model, card, runs, ...more];
const options = (name: string): EvaluationOptions => ({
  allowIncomplete: false,
  labelsMap: {},
  seen: 'refused',
  engine: 'onnx-cpu',
  threads: 1,
  runs: at('runs'),
  name,
  command: '',
  progress: createProgress({ quiet: true }),
});
const predictions = (name: string): Promise<PredictionLine[]> =>
  readPredictions(at('runs', name, 'fold-1', 'predictions.jsonl'));

beforeAll(async () => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const code = await runProgram(['cv', '--preset=none', runs, `--dataset=${own.card}`, '--name=own', ...tiny]);
  if (code !== 0) throw new Error(`ser cv ended with ${code}`);
}, 120_000);

test('on its own corpus a model is refused, and on what it has not heard it gives the numbers of its fold', async () => {
  expect(await refused(...evaluate(fold(1), own.card))).toMatch(
    /^own: the model was trained on 8 of its 12 utterances .*--seen=left-out tests it on the others, --seen=allowed on all/,
  );
  expect(existsSync(at('runs', 'own-fold-1-on-own'))).toBe(false);
  await ser(...evaluate(fold(1), own.card, '--seen=left-out'));
  const tested = await predictions('own-fold-1-on-own');
  expect(tested).toEqual(await readPredictions(join(fold(1), 'predictions.jsonl')));
  const report = readFileSync(at('runs', 'own-fold-1-on-own', 'report.html'), 'utf8');
  expect(report).toContain('Left out, because the model was trained on 8 of its 12 utterances');
});

test('the same audio under another card is found', async () => {
  const dir = at('copy');
  cpSync(at('own'), dir, { recursive: true });
  const card = join(dir, 'card.json');
  writeFileSync(card, readFileSync(card, 'utf8').replace('"name":"own"', '"name":"copy"'));
  expect(await refused(...evaluate(fold(2), card))).toMatch(/^copy: the model was trained on 8 of its 12 utterances/);
  await ser('export', fold(2), at('two.onnx'));
  expect(await refused(...evaluate(at('two.onnx'), card))).toMatch(/^copy: the model was trained on 8 of its 12/);
  rmSync(at('two.json')); // what it was trained on stands in the model, too
  expect(await refused(...evaluate(at('two.onnx'), card))).toMatch(/^copy: the model was trained on 8 of its 12/);
  await ser(...evaluate(fold(2), card, '--seen=allowed', '--name=seen'));
  const report = readFileSync(at('runs', 'seen', 'report.html'), 'utf8');
  expect(report).toContain('Not a test of what is new to the model');
});

test('another corpus: labels matched, the others counted; the table, the report and its parts', async () => {
  const text = await ser(...evaluate(fold(1), other));
  expect(text).toContain('labels of other: CALM, Upset, bored, angry; of the model: calm, upset');
  expect(text).toContain('left out: 6 angry, 6 bored');
  expect(text).toMatch(/pooled +12 +[\d.]+ \[/);
  const dir = at('runs', 'own-fold-1-on-other');
  const result = JSON.parse(readFileSync(join(dir, 'fold-1', 'fold.json'), 'utf8')) as FoldResult;
  expect(result).toMatchObject({
    name: 'other',
    testUtterances: 12,
    trainUtterances: 8,
    testClasses: { calm: 6, upset: 6 },
  });
  expect((await predictions('own-fold-1-on-other'))[0]?.columns).toEqual({ gender: 'm' });
  const report = readFileSync(join(dir, 'report.html'), 'utf8');
  expect(report).toContain('left out: 6 angry, 6 bored');
  expect(report).toContain('ser evaluate');
  expect(existsSync(join(dir, 'fold-1', 'judged-1.jsonl'))).toBe(false);
  const before = readFileSync(join(dir, 'fold-1', 'predictions.jsonl'), 'utf8');
  await ser(...evaluate(fold(1), other)); // done already
  expect(readFileSync(join(dir, 'fold-1', 'predictions.jsonl'), 'utf8')).toBe(before);
  expect(await refused(...evaluate(fold(2), other, '--name=own-fold-1-on-other'))).toContain('holds another run');
  expect(await refused(...evaluate(fold(2), other, '--name=own'))).toContain('holds another run');
});

test('a map of labels', async () => {
  expect(await refused(...evaluate(fold(1), other, '--labels-map=bore=calm'))).toContain('other has no label bore');
  expect(await refused(...evaluate(fold(1), other, '--labels-map=bored'))).toContain('expected pairs such as');
  await ser(...evaluate(fold(1), other, '--labels-map=bored=calm,angry=upset', '--name=mapped'));
  expect(await predictions('mapped')).toHaveLength(24);
});

test('a model that knows more labels than the corpus has may say them; without the others it is told, too', async () => {
  const card = join(at('other'), 'two.json');
  const whole = JSON.parse(readFileSync(other, 'utf8')) as { labels: object };
  writeFileSync(
    card,
    JSON.stringify({
      ...whole,
      name: 'two',
      labels: { classes: ['CALM', 'Upset'], map: { CALM: 'CALM', Upset: 'Upset', bored: 'CALM', angry: 'Upset' } },
    }),
  );
  const four = ['cv', '--preset=none', runs, `--dataset=${other}`, '--name=four', '--folds=1', ...tiny];
  await ser(...four);
  const text = await ser(...evaluate(at('runs', 'four', 'fold-1'), card, '--seen=allowed', '--name=four-on-two'));
  expect(text).toContain('the model knows labels that no utterance has, and may say them: bored, angry');
  expect(text).toMatch(/With only the labels of the corpus to choose from, the model has WA \d/);
  expect(readFileSync(at('runs', 'four-on-two', 'report.html'), 'utf8')).toContain(
    'With only the labels of the corpus',
  );
});

test('an exported model says the same, and the folds of a run answer together', async () => {
  await ser('export', fold(1), at('one.onnx'));
  await ser(...evaluate(at('one.onnx'), other));
  const exported = await predictions('one-on-other');
  const trained = await predictions('own-fold-1-on-other');
  expect(exported.map(({ id, label }) => [id, label])).toEqual(trained.map(({ id, label }) => [id, label]));
  for (const [i, { probabilities }] of exported.entries())
    probabilities.forEach((p, c) => expect(p).toBeCloseTo(trained[i]?.probabilities[c] ?? NaN, 4));

  await evaluateModel(at('runs', 'own'), other, options('together'));
  for (const index of [2, 3]) await evaluateModel(fold(index), other, options(`of-${index}`));
  const each = [trained, await predictions('of-2'), await predictions('of-3')];
  for (const [i, { probabilities }] of (await predictions('together')).entries()) {
    const mean = each.reduce((sum, rows) => sum + (rows[i]?.probabilities[0] ?? NaN), 0) / 3;
    expect(probabilities[0]).toBeCloseTo(mean, 12);
  }
});

test('stopped after any part, it goes on to the same numbers', async () => {
  const bytes = (name: string): string => readFileSync(at('runs', name, 'fold-1', 'predictions.jsonl'), 'utf8');
  for (const [model, stops] of [
    [at('runs', 'own'), [4, 12]],
    [at('one.onnx'), [3]],
  ] as const) {
    await evaluateModel(model, other, options('whole'));
    for (const stopAt of stops) {
      const controller = new AbortController();
      const progress = {
        ...createProgress({ quiet: true }),
        count: (_: string, done: number) => (done >= stopAt ? controller.abort(new Error('stop')) : undefined),
      };
      const stopped = { ...options('stopped'), progress, signal: controller.signal };
      await expect(evaluateModel(model, other, stopped)).rejects.toThrow('stop');
      expect(existsSync(at('runs', 'stopped', 'fold-1', 'fold.json'))).toBe(false);
    }
    await evaluateModel(model, other, options('stopped'));
    expect(bytes('stopped')).toBe(bytes('whole'));
    for (const name of ['whole', 'stopped']) rmSync(at('runs', name), { recursive: true });
  }
});

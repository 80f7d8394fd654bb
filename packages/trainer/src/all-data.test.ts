import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoldResult } from './record/run-files';
import { tinyFlags, writeOwnCorpus } from './testing/own-corpus';
import { watchProgram } from './testing/watch-program';

const root = mkdtempSync(join(tmpdir(), 'ser-all-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: string[]): string => join(root, ...parts);
const own = writeOwnCorpus(at('own'));

const { ser, refused } = watchProgram();
const tiny = Object.entries(tinyFlags).map(([flag, value]) => `--${flag}=${value}`);
const cv = (...more: string[]): Promise<string> =>
  ser('cv', '--preset=none', `--runs=${at('runs')}`, `--dataset=${own.card}`, ...tiny, ...more);
const foldOf = (...parts: string[]): FoldResult => JSON.parse(readFileSync(at(...parts), 'utf8')) as FoldResult;

test('all data: one model, no test, and no estimate where there is none', async () => {
  expect(await cv('--name=own', '--folds=all-data')).toMatch(
    /model of all data: .*all-data \(12 utterances, no test\)\nno estimate: /,
  );
  const folder = at('runs', 'own', 'all-data');
  expect(foldOf('runs', 'own', 'all-data', 'fold.json')).toMatchObject({
    fold: 0,
    trainUtterances: 12,
    trainGroups: [...own.speakers],
    testUtterances: 0,
    testGroups: [],
    wa: null,
    ua: null,
  });
  expect(existsSync(at('runs', 'own', 'report.json'))).toBe(false);
  expect(await cv('--name=own', '--folds=all-data')).toContain(`all data  done already (${folder})`);
  expect(await ser('status', at('runs', 'own'))).toMatch(/all data +done .* no test/);
  await ser('export', folder, at('alone.onnx'));
  const card = readFileSync(at('alone.md'), 'utf8');
  expect(card).toContain('Trained on all 12 utterances of 3 speakers; none was left to test this model on');
  expect(card).toContain('No estimate');
  expect(card).not.toMatch(/WA|Weighted accuracy/);
});

test('the cross-validation of the same settings is its estimate, also under another name', async () => {
  await cv('--name=own');
  const { pooled } = JSON.parse(readFileSync(at('runs', 'own', 'report.json'), 'utf8')) as { pooled: { wa: number } };
  const estimate = `estimate, cross-validation of the same settings: WA ${(100 * pooled.wa).toFixed(1)} %`;
  expect(await cv('--name=own', '--folds=all-data')).toContain(estimate);
  expect(await cv('--name=elsewhere', '--folds=all-data')).toContain(estimate);
  expect(await cv('--name=longer', '--epochs=3', '--folds=all-data')).toContain('no estimate: ');
  const notes = await ser('export', at('runs', 'own', 'all-data'), at('own.onnx'), '--precision=int8');
  expect(notes).toContain('the model was trained on all data, and there is nothing to test it on');
  const card = readFileSync(at('own.md'), 'utf8');
  expect(card).toContain('Estimate: cross-validation of the same settings on the same data');
  expect(card).toContain('split: cross-validation of the same settings; this model was trained on all data');
});

test('it predicts: from its folder, exported, and as the only model of a run', async () => {
  const [file = ''] = own.files;
  const wanted = JSON.parse(await ser('predict', at('runs', 'elsewhere', 'all-data'), file)) as object;
  expect(JSON.parse(await ser('predict', at('runs', 'elsewhere'), file))).toEqual(wanted);
  await ser('export', at('runs', 'elsewhere', 'all-data'), at('elsewhere.onnx'));
  expect(JSON.parse(await ser('predict', at('elsewhere.onnx'), file))).toEqual(wanted);
});

test('inner validation holds speakers out and chooses the epoch', async () => {
  await cv('--name=chosen', '--folds=all-data', '--validation-groups=1', '--select=best');
  const result = foldOf('runs', 'chosen', 'all-data', 'fold.json');
  expect(result).toMatchObject({ trainUtterances: 8, validationGroups: [expect.any(String)], testUtterances: 0 });
  expect(result.validation?.ua).toEqual(expect.any(Number));
  expect(result.trainGroups).not.toContain(result.validationGroups[0]);
});

test('ser fold all-data is the same; what has no meaning is refused', async () => {
  await cv('--name=parts', '--folds=1');
  expect(await ser('fold', 'all-data', `--run=${at('runs', 'parts')}`)).toContain(at('runs', 'parts', 'all-data'));
  const [file = ''] = own.files;
  const said = (name: string): Promise<string> => ser('predict', at('runs', name, 'all-data'), file);
  expect(await said('parts')).toBe(await said('elsewhere'));
  expect(await refused('cv', '--train-on=demo-first', '--test-on=demo-second', '--folds=all-data')).toMatch(
    /--folds=all-data: expected --dataset, one corpus/,
  );
  expect(await refused('ablate', 'table3', `--dataset=${own.card}`, '--folds=all-data')).toMatch(
    /--folds=all-data: expected folds that are tested/,
  );
  expect(await refused('cv', '--folds=al-data')).toMatch(/--folds=al-data: /);
});

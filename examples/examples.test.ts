/** Every example runs as its README says. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeIf } from '../tools/test-support/describe-if';
import { executablePath, runPage, runtimeFiles, webgpuWithoutGpu } from '../tools/test-support/browser';

const root = path.resolve(__dirname, '..');
const minutes = 4 * 60_000;
const withSources = ['--conditions=@ser/source', '--import', 'tsx'];
const python = process.env['SER_PYTHON'] ?? 'python3';
const hasOnnxruntime = spawnSync(python, ['-c', 'import numpy, onnxruntime']).status === 0;

/** Runs a program from the root of the repository and returns what it printed. */
function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: minutes });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}

const node = (...args: readonly string[]): string => run(process.execPath, ...withSources, ...args);
const ser = (...args: readonly string[]): string => node('packages/trainer/src/cli.ts', ...args);
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
const accuracyOf = (text: string): number => Number(/^accuracy ([\d.]+) %/m.exec(text)?.[1]);

test('mixup: every utterance is mixed or left alone, and labels sum to one', () => {
  const lines = node('examples/mixup/mixup.mjs').trim().split('\n');
  expect(lines).toHaveLength(6);
  expect(lines.some((line) => / with utterance-\d at -?[\d.]+ dB for \d+ samples/.test(line))).toBe(true);
  for (const line of lines.filter((text) => !text.endsWith('not mixed'))) {
    const shares = [...line.matchAll(/(?:angry|happy|sad) ([\d.]+)/g)].map(([, share]) => Number(share));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 2);
  }
});

describe('image classifier', () => {
  it('learns in Node', () => {
    expect(accuracyOf(node('examples/image-classifier/node.ts'))).toBeGreaterThan(90);
  });

  describeIf(executablePath !== undefined, 'the examples in a page: Chromium is absent')('in a page', () => {
    it('learns in Chromium', async () => {
      expect(accuracyOf(await runPage(path.join(__dirname, 'image-classifier')))).toBeGreaterThan(90);
    });
  });
});

describeIf(executablePath !== undefined, 'training in a page: Chromium is absent')('train in a page', () => {
  const folder = path.join(__dirname, 'train-in-a-page');
  const lossesOf = (text: string): number[] => [...text.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  let inNode: number[];

  beforeAll(() => {
    inNode = lossesOf(node('examples/train-in-a-page/node.ts'));
  }, minutes);

  it(
    'learns, with the losses of Node',
    async () => {
      const inPage = lossesOf(await runPage(folder, runtimeFiles(), { seconds: 120 }));
      expect(inPage).toHaveLength(8);
      inPage.forEach((loss, i) => expect(Math.abs(loss - inNode[i]!)).toBeLessThan(1e-5));
      expect(inPage.at(-1)).toBeLessThan(inPage[0]! / 2);
    },
    minutes,
  );

  it(
    'and on WebGPU',
    async () => {
      const options = { query: 'provider=webgpu&steps=10', args: webgpuWithoutGpu, seconds: 200 };
      const inPage = lossesOf(await runPage(folder, runtimeFiles(), options));
      expect(inPage).toHaveLength(2);
      inPage.forEach((loss, i) => expect(Math.abs(loss - inNode[i]!)).toBeLessThan(1e-5));
    },
    minutes,
  );
});

describe('your own corpus, and the exported model', () => {
  let folder: string;
  let recordings: string;
  let recording: string;
  let model: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'examples-'));
    recordings = path.join(folder, 'recordings');
    recording = path.join(recordings, 'ann/calm-1.wav');
    model = path.join(folder, 'emotion.onnx');
    run(process.execPath, 'examples/your-own-corpus/record.mjs', recordings);
    const corpus = ['--dataset=examples/your-own-corpus/card.json', `--data-dir=${recordings}`];
    const size = ['--epochs=4', '--hidden-size=32', '--heads=4', '--lr=2e-3'];
    ser('cv', ...corpus, ...size, `--runs=${path.join(folder, 'runs')}`, '--name=own');
    ser('export', path.join(folder, 'runs/own/fold-1'), model);
  }, minutes);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** What `ser predict` says, in the lines that the other programs print. */
  const expected = (): string => {
    const { probabilities } = JSON.parse(lastLine(ser('predict', model, recording))) as {
      probabilities: Record<string, number>;
    };
    return Object.entries(probabilities)
      .map(([label, probability]) => `${label} ${probability.toFixed(4)}\n`)
      .join('');
  };

  it('ends with a report of every fold', () => {
    expect(existsSync(path.join(folder, 'runs/own/report.html'))).toBe(true);
    const report = readFileSync(path.join(folder, 'runs/own/report.json'), 'utf8');
    for (const speaker of ['ann', 'ben', 'cara', 'dan']) expect(report).toContain(`"${speaker}"`);
  });

  describeIf(hasOnnxruntime, `the exported model in Python: ${python} (SER_PYTHON names another) has no onnxruntime`)(
    'in Python',
    () => {
      it('gives the same probabilities', () => {
        expect(run(python, 'examples/exported-model/predict.py', model, recording)).toBe(expected());
      });
    },
  );

  describeIf(executablePath !== undefined, 'the exported model in a page: Chromium is absent')('in a page', () => {
    it('gives the same probabilities', async () => {
      const runtime = path.dirname(require.resolve('onnxruntime-web/wasm'));
      const file = (name: string): [string, string] => [`/${name}`, path.join(runtime, name)];
      const files = Object.fromEntries([
        ['/emotion.onnx', model],
        ['/emotion.json', model.replace(/onnx$/, 'json')],
        ['/voice.wav', recording],
        file('ort-wasm-simd-threaded.mjs'),
        file('ort-wasm-simd-threaded.wasm'),
      ]);
      expect(await runPage(path.join(__dirname, 'exported-model'), files)).toBe(expected());
    });
  });
});

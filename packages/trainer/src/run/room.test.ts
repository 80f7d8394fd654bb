import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from '@ser/onnx-jit/onnxruntime';
import { tinyFold } from '../testing/tiny-fold';
import { runFold } from './fold';

const root = mkdtempSync(join(tmpdir(), 'ser-room-'));
afterEach(() => jest.restoreAllMocks());
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Trains a fold with an inner validation in each epoch; says how often something was compiled, and what came out. */
async function run(name: string, epochs: number) {
  const dir = join(root, name);
  const compiled = jest.spyOn(InferenceSession, 'create');
  // One length of batches in training, and one in evaluation.
  await runFold(await tinyFold(dir, { epochs, buckets: 1, batchSize: 5, validationGroups: 1, emaDecay: 0.9 }));
  const sessions = compiled.mock.calls.length;
  compiled.mockRestore();
  return { sessions, files: ['model.safetensors', 'predictions.jsonl'].map((file) => readFileSync(join(dir, file))) };
}

test('an evaluation is compiled once a fold, however many epochs it has; anew each time where memory is short', async () => {
  await run('first', 1); // tries once a process whether outputs are copied
  const two = await run('two', 2);
  const four = await run('four', 4);
  expect(four.sessions).toBe(two.sessions);
  jest.spyOn(process, 'availableMemory').mockReturnValue(1e6);
  const short = await run('short', 4);
  // Nine evaluations of one shape: two sides before training, four epochs, then test side, validation and training side.
  expect(short.sessions).toBe(four.sessions + 9 - 1);
  expect(short.files).toEqual(four.files);
}, 120_000);

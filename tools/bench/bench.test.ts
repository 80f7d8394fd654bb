import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { stepFlops } from './flam-step/problem';
import { flamNodes, wavlmNodes } from './nodes';

const root = path.resolve(__dirname, '../..');

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const options = ['--conditions=@ser/source', '--import', 'tsx', 'tools/bench/index.ts', ...args];
  return spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
}

test('flam-step measures a tiny step, skips what is not there with a reason, and writes it all down', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-test-'));
  const json = path.join(folder, 'result.json');
  const tiny = ['--frames', '6', '--batch', '4', '--dim', '32', '--rounds', '1', '--steps', '2'];
  const { status, stdout, stderr } = bench('flam-step', ...tiny, '--python', `${folder}/python`, '--json', json);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain('no such interpreter');
  const { results } = JSON.parse(readFileSync(json, 'utf8'));
  rmSync(folder, { recursive: true });
  expect(results[0].ours.seconds).toHaveLength(2);
  expect(results[0].ours.losses[3]).toBeLessThan(results[0].ours.losses[0]);
  const [torch, torchCompile, tfjsNode, eager] = results[0].peers;
  expect(torch.skipped).toContain('no such interpreter');
  expect(torchCompile.skipped).toContain('no such interpreter');
  // Another test may have built it.
  if (tfjsNode.skipped === undefined) expect(tfjsNode.lossDifference).toBeLessThan(1e-5);
  else expect(tfjsNode.skipped).toContain('npm run tfjs-node');
  expect(eager.ratio).toBeCloseTo(results[0].ours.medianSeconds / eager.medianSeconds);
  expect(eager.lossDifference).toBeLessThan(1e-4);
});

test('a wrong name, option or number ends in one line', () => {
  expect(bench('nothing')).toMatchObject({
    status: 2,
    stderr:
      'bench: no benchmark is called "nothing": expected flam-step, wavlm-forward, wavlm-finetune, mixed, nodes, scale, gpu\n',
  });
  expect(bench('flam-step', '--frames', 'x')).toMatchObject({ status: 2, stderr: expect.stringContaining('--frames') });
  expect(bench('flam-step', '--speed')).toMatchObject({ status: 2, stderr: expect.stringContaining("'--speed'") });
});

test('the arithmetic of the step is that of its products', () => {
  // 2·3 frames of 5 features: 12 N D² + 12 B T² D + 6 N² 64 + 10 N D 64 + 12 N D.
  expect(stepFlops({ batch: 2, frames: 3, dim: 5 })).toBe(
    12 * 6 * 25 + 12 * 2 * 9 * 5 + 6 * 36 * 64 + 10 * 6 * 5 * 64 + 12 * 30,
  );
});

describe('nodes of a step on a GPU', () => {
  beforeAll(() => tf.setBackend('cpu'));

  test.each([150, 250])('flam-step at %s frames: no more than 320', (frames) => {
    expect(flamNodes(frames, 'cuda')).toBeLessThanOrEqual(320);
    expect(flamNodes(frames, 'webgpu')).toBeLessThanOrEqual(320);
  });

  test('in mixed precision: a tenth more of the FLAM step, a sixth more of fine-tuning', () => {
    expect(flamNodes(150, 'cuda', 'mixed')).toBeLessThanOrEqual(345);
    expect(wavlmNodes('cuda', 'mixed', 384)).toBeLessThanOrEqual(2140);
  });

  test('fine-tuning WavLM Base: no more than 2,000', () => {
    expect(wavlmNodes('cuda', 'float32', 96)).toBeLessThanOrEqual(2000);
    expect(wavlmNodes('webgpu', 'float32', 96)).toBeLessThanOrEqual(2000);
  });
});

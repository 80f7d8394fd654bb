import { execFileSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

test('the boundary rule refuses every arrow that architecture does not draw, and no other', () => {
  const output = execFileSync(process.execPath, ['tools/lint/probe.mjs'], { cwd: root, encoding: 'utf8' });
  const lastLine = output.trim().split('\n').at(-1) ?? '';
  const others = [
    'files',
    'augment-eam',
    'pool-flam',
    'losses-mll',
    'onnx-jit',
    'frontend-wavlm',
    'datasets',
    'recognize',
    'trainer',
  ];
  const allBut = (...allowed: string[]) => others.filter((name) => !allowed.includes(name));
  expect(JSON.parse(lastLine)).toEqual({
    files: allBut('files'),
    'augment-eam': allBut('augment-eam'),
    'pool-flam': allBut('pool-flam'),
    'losses-mll': allBut('losses-mll'),
    'onnx-jit': allBut('onnx-jit'),
    'frontend-wavlm': allBut('frontend-wavlm', 'files', 'onnx-jit'),
    datasets: allBut('datasets', 'files'),
    recognize: allBut('recognize'),
    trainer: [],
  });
});

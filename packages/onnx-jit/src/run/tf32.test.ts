import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';

const before = process.env['NVIDIA_TF32_OVERRIDE'];
let settleTf32: (tf32: boolean | undefined) => void;

beforeEach(async () => {
  delete process.env['NVIDIA_TF32_OVERRIDE'];
  jest.resetModules();
  ({ settleTf32 } = await import('./tf32'));
});
afterEach(() => {
  if (before === undefined) delete process.env['NVIDIA_TF32_OVERRIDE'];
  else process.env['NVIDIA_TF32_OVERRIDE'] = before;
});

it('is left to ONNX Runtime, or switched off for the process before CUDA is opened', () => {
  settleTf32(false);
  expect(process.env['NVIDIA_TF32_OVERRIDE']).toBe('0');
  settleTf32(undefined);
  settleTf32(false);
  expect(() => settleTf32(true)).toThrow(/^tf32: true comes too late: .* tf32: false/);
});

it('cannot be switched off once CUDA was opened with it', () => {
  settleTf32(undefined);
  expect(process.env['NVIDIA_TF32_OVERRIDE']).toBeUndefined();
  settleTf32(true);
  expect(() => settleTf32(false)).toThrow(/^tf32: false comes too late/);
  expect(process.env['NVIDIA_TF32_OVERRIDE']).toBeUndefined();
});

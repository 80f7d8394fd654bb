import path from 'node:path';
import { elsewhere, type Placed } from '../../packages/onnx-jit/src/testing/placement';
import { runApart } from '../../packages/onnx-jit/src/testing/run-apart';
import { describeOnGpu } from '../../packages/onnx-jit/src/testing/vulkan';

interface Report {
  readonly losses: readonly (readonly number[])[];
  readonly placed: readonly Placed[];
}

describeOnGpu('FLAM and the four losses on WebGPU', (driver) => {
  const run = (provider: string): Report => runApart(path.join(__dirname, 'run-step.ts'), provider, driver);
  let cpu: Report;
  let gpu: Report;
  beforeAll(() => {
    cpu = run('cpu');
    gpu = run('webgpu');
  }, 480_000);

  it('give the losses of the CPU to 1e-4, each of them, over four steps', () => {
    expect(cpu.losses).toHaveLength(4);
    cpu.losses.forEach((row, step) =>
      row.forEach((loss, i) => expect(Math.abs((gpu.losses[step]?.[i] ?? NaN) - loss)).toBeLessThan(1e-4)),
    );
  });

  it('run without a node on the CPU', () => {
    expect(gpu.placed.length).toBeGreaterThan(100);
    expect(elsewhere(gpu.placed, 'WebGpuExecutionProvider')).toEqual([]);
  });
});

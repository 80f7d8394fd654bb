import { beforeAll, expect, it } from '@jest/globals';
import path from 'node:path';
import { elsewhere } from './testing/placement';
import { runApart } from './testing/run-apart';
import { describeOnGpu } from './testing/vulkan';
import type { StepReport } from './testing/webgpu-step';

describeOnGpu('WebGPU', (driver) => {
  const run = (provider: string): StepReport =>
    runApart(path.join(__dirname, 'testing/webgpu-step.ts'), provider, driver);
  let cpu: StepReport;
  let gpu: StepReport;
  let together: StepReport;
  beforeAll(() => {
    cpu = run('cpu');
    gpu = run('webgpu');
    together = run('webgpu together');
  }, 300_000);

  it('gives the losses of the CPU to 1e-4, step after step', () => {
    expect(gpu.losses).toHaveLength(cpu.losses.length);
    expect(cpu.losses.at(-1)).toBeLessThan(cpu.losses[0] ?? 0);
    gpu.losses.forEach((loss, i) => expect(Math.abs(loss - (cpu.losses[i] ?? NaN))).toBeLessThan(1e-4));
  });

  it('gives the same for several steps in one run', () => {
    expect(together.losses).toHaveLength(cpu.losses.length);
    together.losses.forEach((loss, i) => expect(Math.abs(loss - (cpu.losses[i] ?? NaN))).toBeLessThan(1e-4));
    together.weights.forEach((weight, i) => expect(Math.abs(weight - (cpu.weights[i] ?? NaN))).toBeLessThan(1e-4));
  });

  it('keeps the state on the GPU until sync brings it back', () => {
    expect(gpu.stayed).toBe(true);
    expect(cpu.stayed).toBe(false);
    gpu.weights.forEach((weight, i) => expect(Math.abs(weight - (cpu.weights[i] ?? NaN))).toBeLessThan(1e-4));
  });

  it('keeps variables that no run changes on the GPU, and follows what is assigned to them', () => {
    expect(cpu.unchanged).toEqual([2001, 2001, 2001, 4001, 4001]);
    expect(gpu.unchanged).toEqual(cpu.unchanged);
  });

  it('runs every node of the step on the GPU', () => {
    expect(gpu.placed.length).toBeGreaterThan(100);
    expect(elsewhere(gpu.placed, 'WebGpuExecutionProvider')).toEqual([]);
  });
});

import path from 'node:path';
import { runApart } from '../../packages/onnx-jit/src/testing/run-apart';
import { describeOnGpu } from '../../packages/onnx-jit/src/testing/vulkan';
import { largestDifference } from '../test-support/difference';

interface Report {
  readonly windows: number;
  readonly numbers: readonly number[];
}

describeOnGpu('an exported model on WebGPU', (driver) => {
  it('trims, cuts into windows and says what it does on the CPU', () => {
    const script = path.join(__dirname, 'run-exported.ts');
    const cpu = runApart<Report>(script, 'cpu', driver);
    const gpu = runApart<Report>(script, 'webgpu', driver);
    expect(cpu.windows).toBe(4);
    expect(gpu.windows).toBe(4);
    expect(largestDifference(gpu.numbers, cpu.numbers)).toBeLessThan(1e-5);
  }, 240_000);
});

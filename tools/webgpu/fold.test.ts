import path from 'node:path';
import { runApart } from '../../packages/onnx-jit/src/testing/run-apart';
import { describeOnGpu } from '../../packages/onnx-jit/src/testing/vulkan';
import { largestDifference } from '../test-support/difference';

interface Report {
  readonly engine: string;
  readonly losses: readonly number[];
  readonly probabilities: readonly number[];
}

describeOnGpu('a fold of the trainer on WebGPU', (driver) => {
  it('interrupted and resumed, learns and predicts what it does on the CPU', () => {
    const script = path.join(__dirname, 'run-fold.ts');
    const cpu = runApart<Report>(script, 'cpu', driver);
    const gpu = runApart<Report>(script, 'webgpu', driver);
    expect([cpu.engine, gpu.engine]).toEqual(['onnx-cpu', 'onnx-webgpu']);
    expect(cpu.losses).toHaveLength(2 * 3 + 2); // steps, and a row an epoch
    expect(largestDifference(gpu.losses, cpu.losses)).toBeLessThan(1e-4);
    expect(largestDifference(gpu.probabilities, cpu.probabilities)).toBeLessThan(1e-4);
  }, 480_000);
});

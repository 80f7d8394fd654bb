import path from 'node:path';
import { runApart } from '../../packages/onnx-jit/src/testing/run-apart';
import { describeOnGpu } from '../../packages/onnx-jit/src/testing/vulkan';
import { largestDifference } from '../test-support/difference';
import type { FrozenReport } from './run-frozen';

describeOnGpu('a frozen encoder on WebGPU', (driver) => {
  let report: FrozenReport;
  beforeAll(() => {
    report = runApart<FrozenReport>(path.join(__dirname, 'run-frozen.ts'), 'webgpu', driver);
  }, 480_000);

  it('gives in batches the features that the CPU gives of each utterance alone, and reads them the second time', () => {
    expect(report.features).toHaveLength(2);
    for (const { kind, difference, again } of report.features)
      expect({ kind, close: difference < 1e-4, again }).toEqual({
        kind,
        close: true,
        again: { cached: 5, computed: 0 },
      });
  });

  it('trains a fold on them to what the CPU ends with; each engine has features of its own in the cache', () => {
    const [cpu, gpu] = report.folds;
    expect(cpu?.losses.length).toBeGreaterThan(5);
    expect(largestDifference(gpu?.losses ?? [], cpu?.losses ?? [])).toBeLessThan(1e-4);
    expect(largestDifference(gpu?.probabilities ?? [], cpu?.probabilities ?? [])).toBeLessThan(1e-4);
    expect(report.files).toEqual([26, 26]);
  });
});

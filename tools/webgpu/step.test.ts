import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { elsewhere, type Placed } from '../../packages/onnx-jit/src/testing/placement';
import { findVulkan } from '../../packages/onnx-jit/src/testing/vulkan';

interface Report {
  readonly losses: readonly (readonly number[])[];
  readonly placed: readonly Placed[];
}

const driver = findVulkan();

/** In a process of its own: a driver that fails takes the process with it. */
function run(provider: string): Report {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--conditions=@ser/source', '--import', 'tsx', path.join(__dirname, 'run-step.ts'), provider],
    {
      env: { ...process.env, NODE_OPTIONS: '', ...('env' in driver ? driver.env : {}) },
      encoding: 'utf8',
      timeout: 240_000,
    },
  );
  const report = /^@report (.*)$/m.exec(stdout)?.[1];
  if (report === undefined)
    throw new Error(`the step on ${provider} ended with ${signal ?? status}: ${stderr.slice(-600)}`);
  return JSON.parse(report) as Report;
}

if ('missing' in driver) {
  describe.skip(`FLAM and the four losses on WebGPU: ${driver.missing}`, () => it('is skipped', () => undefined));
} else {
  describe('FLAM and the four losses on WebGPU', () => {
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
}

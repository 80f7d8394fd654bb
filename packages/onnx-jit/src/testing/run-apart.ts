import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { VulkanDriver } from './vulkan';

/**
 * Runs a step script on a provider in a process of its own, because a driver that fails takes the process with it.
 *
 * @param script path of a TypeScript file that prints `@report ` and one line of JSON
 * @returns what it reported
 */
export function runApart<Report>(script: string, provider: string, driver: VulkanDriver): Report {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--conditions=@ser/source', '--import', 'tsx', script, provider],
    {
      cwd: path.resolve(__dirname, '../../../..'),
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

import { expect, it } from '@jest/globals';
import path from 'node:path';
import { executablePath, runPage, runtimeFiles } from '../../../tools/test-support/browser';
import { describeIf } from '../../../tools/test-support/describe-if';
import type { SampleReport } from './testing/browser/run-sample';

describeIf(executablePath !== undefined, 'compiled functions in a page: Chromium is absent')('in Chromium', () => {
  it('a sample of the cases gives what tfjs gives', async () => {
    const folder = path.join(__dirname, 'testing/browser');
    const report = JSON.parse(await runPage(folder, runtimeFiles(), { seconds: 180 })) as SampleReport;
    expect(report.failures).toEqual([]);
    expect(report.cases).toBeGreaterThan(100);
  }, 240_000);
});

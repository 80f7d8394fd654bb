/**
 * Prints "PASSED FAILED": the tests of all projects as Jest counted them, from the test-results.json that each left.
 * A suite that could not be loaded holds no counted test and is one failure; so is a project without results.
 */
import { createProjectGraphAsync } from '@nx/devkit';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const { nodes } = await createProjectGraphAsync();
const projects = Object.values(nodes).filter(({ data }) => data.targets?.['test']);

let passed = 0;
let failed = 0;
for (const { data } of projects) {
  const file = path.join(data.root, 'test-results.json');
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  passed += results?.numPassedTests ?? 0;
  failed += results ? results.numFailedTests + results.numRuntimeErrorTestSuites : 1;
}
console.log(`${passed} ${failed}`);
process.exit();

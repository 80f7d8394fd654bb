import { expect, it } from '@jest/globals';
import { outcomeOf } from './outcome';
import type { SpecReport } from './specs';

const report = (name: string, rest: Partial<SpecReport> = {}): SpecReport => ({
  name,
  kernels: ['Add'],
  missing: [],
  failures: [],
  ...rest,
});

it('counts a test once, as failed if either way of running it failed', () => {
  const { passed, newFailures, kernels } = outcomeOf(
    [
      report('add kernel {} works'),
      report('add lazy {} works'),
      report('add kernel {} of NaN'),
      report('add lazy {} of NaN', { failures: ['1 where tfjs has NaN'] }),
    ],
    {},
  );
  expect(passed).toBe(1);
  expect([...newFailures]).toEqual([['add of NaN', ['1 where tfjs has NaN']]]);
  expect(kernels.get('Add')).toEqual({ passed: 1, all: 2 });
});

it('takes a listed failure, and says when a listed one passes or is gone', () => {
  const known = { 'sign of NaN': 'NaN', 'sign of 0': 'zero', 'sign of old': 'was renamed' };
  const { newFailures, mended, knownFailures } = outcomeOf(
    [report('sign kernel {} of NaN', { failures: ['wrong'] }), report('sign kernel {} of 0')],
    known,
  );
  expect(newFailures.size).toBe(0);
  expect(knownFailures).toBe(1);
  expect(mended).toEqual(['sign of 0', 'sign of old']);
});

it('skips a test that met a kernel which is missing, whatever its result', () => {
  const { passed, skipped, newFailures, missing } = outcomeOf(
    [
      report('unique kernel {} works', { missing: ['Unique'], failures: ['cannot'] }),
      report('unique lazy {} works', { missing: ['Unique'] }),
    ],
    {},
  );
  expect([passed, skipped, newFailures.size]).toEqual([0, 1, 0]);
  expect(missing.get('Unique')).toBe(1);
});

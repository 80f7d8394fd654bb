import { duration, foldTitle, plusMinus, pValue, setting, signedPoints, withInterval } from './format';
import { percent } from '../percent';

it('shows shares as percentages and nothing as a dash', () => {
  expect(percent(0.71749)).toBe('71.7');
  expect(percent(NaN)).toBe('–');
  expect(withInterval(0.5, { low: 0.25, high: 0.75 })).toBe('50.0 [25.0, 75.0]');
  expect(plusMinus({ mean: 0.5, sd: 0.021, count: 3 })).toBe('50.0 ± 2.1');
  expect(plusMinus({ mean: 0.5, sd: NaN, count: 1 })).toBe('50.0');
});

it('gives differences their sign', () => {
  expect([0.013, -0.004, 0, NaN].map(signedPoints)).toEqual(['+1.3', '−0.4', '+0.0', '–']);
  expect(pValue(0.00004)).toBe('< 0.001');
  expect(pValue(0.0312)).toBe('0.031');
});

it('speaks of time as people do', () => {
  expect([0.42, 42.4, 59.6, 185, 7620, NaN].map(duration)).toEqual([
    '0.4 s',
    '42 s',
    '1 min 00 s',
    '3 min 05 s',
    '2 h 07 min',
    '–',
  ]);
});

it('writes settings as their flags take them', () => {
  expect(setting([])).toBe('all');
  expect(setting(['kl', 'focal'])).toBe('kl,focal');
  expect(setting({ kl: 1, center: 0.1 })).toBe('kl=1,center=0.1');
  expect(setting(1e-4)).toBe('0.0001');
});

it('names a fold by more than its groups only where there is more', () => {
  expect(foldTitle({ fold: 2, name: '03+04', testGroups: ['03', '04'] })).toBe('fold 2');
  expect(foldTitle({ fold: 1, name: 'ravdess to savee', testGroups: ['DC'] })).toBe('fold 1: ravdess to savee');
});

import { parseSeconds } from './seconds';

test.each<[unknown, number | undefined | null]>([
  [1.5, 1.5],
  ['1.5', 1.5],
  ['1,5', 1.5],
  ['0.30000000000000004', 0.1 + 0.2],
  [' 2 ', 2],
  ['1e1', 10],
  ['0 days 00:00:01.500000', 1.5],
  ['1 days 00:00:01', 86401],
  ['0 days', null],
  ['01:02:03.25', 3723.25],
  ['00:01:02,5', 62.5],
  ['1:02.5', 62.5],
  ['NaT', undefined],
  ['', undefined],
  [undefined, undefined],
  ['00:61:00', null],
  ['00:00:60', null],
  ['soon', null],
  ['-1', null],
  [-1, null],
  [Infinity, null],
  ['Infinity', null],
  [true, null],
  ['9'.repeat(400), null],
])('%j', (value, expected) => {
  expect(parseSeconds(value)).toBe(expected);
});

import { printable } from './printable';

test('what would act on a terminal is written out; letters and line breaks stay', () => {
  expect(printable('\u001b[2Jcalm\u0007\r\n\u202eyrgna\tJosé 悲しい 😀')).toBe(
    '\\u{1b}[2Jcalm\\u{7}\\u{d}\n\\u{202e}yrgna\tJosé 悲しい 😀',
  );
});

import { readmeExamples } from './readme-examples';

test('takes whole ts blocks with their lines and leaves other languages alone', () => {
  const markdown = ['# Title', '```ts', 'const a = 1;', '', 'a;', '```', '```sh', 'ts', '```', '````ts', '```', '````'];
  expect(readmeExamples(markdown.join('\n'))).toEqual([
    { line: 2, code: 'const a = 1;\n\na;\n' },
    { line: 10, code: '```\n' },
  ]);
});

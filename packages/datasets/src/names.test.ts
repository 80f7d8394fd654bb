import { alikeNames, brokenIn, nameForm } from './names';

test.each(['Ann\u200b', '\ufeffAnn', 'A\u00adnn', 'Ann\u2060 ', '\u200eAnn\u00a0', ' Ann\t'])(
  'what cannot be seen makes no other name: %j',
  (name) => expect(nameForm(name)).toBe('Ann'),
);

test('one letter written in two ways makes no other name', () => {
  expect(nameForm('Jose\u0301')).toBe(nameForm('José'));
});

test.each([
  ['01', '1', '1.0', '+1', '#1'],
  ['01F', '1F', '1f'],
  ['Actor_01', 'actor 1', 'actor_01/', 'Actor–1'],
  ["O'Neil", 'O’Neil'],
  ['Strauß', 'STRAUSS', "'Strauss'"],
  ['Ann-Lee', 'Ann – Lee', 'ann_lee'],
])('%j may be one person', (...names) => expect(alikeNames(names)).toEqual([[...names].sort()]));

test.each([
  ['1', '10', '11', '100'],
  ['F1', 'M1', '1'],
  ['?', '-', '+'],
  ['Jörg', 'Jürg'],
])('%j are several', (...names) => expect(alikeNames(names)).toEqual([]));

test('a name that came through a wrong encoding shows it', () => {
  expect(brokenIn('J\ufffdrg')).toMatch(/another program could not read/);
  expect(brokenIn('\u001b$B;3ED\u001b(B')).toBe('a control character');
  expect(brokenIn('Jörg 2')).toBeUndefined();
});

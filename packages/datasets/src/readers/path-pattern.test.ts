import { pathReader } from './path-pattern';

const fields = (pattern: string | string[], path: string): Record<string, string> | undefined => {
  const found = pathReader([pattern].flat(), undefined, 'card x')(path);
  return found && Object.fromEntries(found);
};

test.each<[string, string, Record<string, string> | undefined]>([
  [
    '{speaker}_{sentence}_{label}_{level}.wav',
    'AudioWAV/1001_DFA_ANG_XX.wav',
    { speaker: '1001', sentence: 'DFA', label: 'ANG', level: 'XX', file: '1001_DFA_ANG_XX' },
  ],
  ['{speaker}_{sentence}_{label}_{level}.wav', 'AudioWAV/1001_DFA_ANG.wav', undefined],
  // The whole of a name, not its end; the last field takes the rest.
  ['DFA_{label}', 'a/1001_DFA_ANG.wav', undefined],
  ['{speaker}_{label}', 'a/1001_DFA_ANG.wav', { speaker: '1001', label: 'DFA_ANG', file: '1001_DFA_ANG' }],
  [
    '{speaker:##}{sentence:3}{label:W|L|E|A|F|T|N}{take:1}',
    'wav/03a01Fa.wav',
    { speaker: '03', sentence: 'a01', label: 'F', take: 'a', file: '03a01Fa' },
  ],
  ['{speaker:DC|JE}_{label:a|sa}{n:##}', 'dc_SA07.WAV', { speaker: 'DC', label: 'sa', n: '07', file: 'dc_SA07' }],
  ['{speaker}/{label}/*', 'x/0001/Angry/0001_000351.flac', { speaker: '0001', label: 'Angry', file: '0001_000351' }],
  ['{speaker}/{label}/{speaker}_*', '0001/Angry/0001_1.wav', { speaker: '0001', label: 'Angry', file: '0001_1' }],
  ['{speaker}/{label}/{speaker}_*', '0001/Angry/0002_1.wav', undefined],
  ['{label}/*', 'Cole\u0300re/1.wav', { label: 'Colère', file: '1' }],
  ['a(b)+.{label}', 'a(b)+.x.wav', { label: 'x', file: 'a(b)+.x' }],
])('%s on %s', (pattern, path, expected) => {
  expect(fields(pattern, path)).toEqual(expected);
});

test('the first pattern that fits', () => {
  const patterns = ['{speaker}/{label}/{split:train|test}/*', '{speaker}/{label}/*'];
  expect(fields(patterns, '01/sad/test/1.wav')).toMatchObject({ split: 'test' });
  expect(fields(patterns, '01/sad/1.wav')).toEqual({ speaker: '01', label: 'sad', file: '1' });
});

test.each<[string, RegExp]>([
  ['{speaker}{label}.wav', /nothing says where \{speaker\} ends: put a character or a width/],
  ['{speaker', /a brace without its partner/],
  ['{2x}_a', /\{2x\}, expected \{name\}/],
  ['abc.wav', /no field/],
])('%s is no pattern', (pattern, message) => {
  expect(() => fields(pattern, 'x')).toThrow(message);
});

test('a regular expression has named groups, and none can hang', () => {
  const read = pathReader([], '(?<speaker>\\d+)-(?<label>[a-z]+)\\.wav$', 'card x');
  expect(Object.fromEntries(read('a/12-sad.wav') ?? [])).toEqual({ speaker: '12', label: 'sad', file: '12-sad' });
  expect(() => pathReader([], '\\d+', 'card x')).toThrow(/card x: regex .* has no named group/);
  expect(() => pathReader([], '(?<a>', 'card x')).toThrow(/cannot be read/);
  expect(() => pathReader([], '(?<a>x)\\1', 'card x')).toThrow(/cannot be read/);
  expect(() => pathReader([], '(?<a>x{1,900}){1,900}', 'card x')).toThrow(/cannot be read/);
  const started = performance.now();
  expect(pathReader([], '^(?<label>(a+)+)$', 'card x')(`${'a'.repeat(5000)}!`)).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(2000);
});

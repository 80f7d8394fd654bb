import { InputError } from '@ser/files';
import { unpickle } from './unpickle';

const pickle = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(
    [[0x80, 2], ...parts, '.'].map((part) =>
      Buffer.from(typeof part === 'string' ? Buffer.from(part, 'latin1') : part),
    ),
  );
const text = (value: string): number[] => [0x58, value.length, 0, 0, 0, ...Buffer.from(value)];

/** {'w': tensor of shape [2, 3] at offset 1 of float storage '0'}, as torch writes it. */
const tensor = (type = 'FloatStorage', shape = [0x4b, 2, 0x4b, 3, 0x86], tag = 'storage'): Uint8Array =>
  pickle(
    '}',
    '(',
    text('w'),
    'ctorch._utils\n_rebuild_tensor_v2\n',
    '((',
    text(tag),
    `ctorch\n${type}\n`,
    text('0'),
    text('cpu'),
    [0x4b, 7],
    't',
    'Q',
    [0x4b, 1],
    shape,
    [0x4b, 3, 0x4b, 1, 0x86],
    [0x89],
    'ccollections\nOrderedDict\n',
    ')R',
    't',
    'R',
    'u',
  );

it('builds a tensor', () => {
  expect(unpickle(tensor(), 'x.bin')).toEqual(
    new Map([['w', { storage: '0', dtype: 'F32', offset: 1, shape: [2, 3], strides: [3, 1] }]]),
  );
  expect(unpickle(tensor('BFloat16Storage'), 'x.bin')).toEqual(
    new Map([['w', expect.objectContaining({ dtype: 'BF16' })]]),
  );
});

it.each([
  ['os.system', pickle('cos\nsystem\n', '(', text('ls'), 't', 'R')],
  ['builtins.eval', pickle(text('builtins'), text('eval'), [0x93])],
  ['torch.hub.load', pickle('ctorch.hub\nload\n')],
  ['collections.Counter', pickle('ccollections\nCounter\n')],
  ['torch.__class__', pickle('ctorch\n__class__\n')],
  ['torch.toString', pickle('ctorch\ntoString\n')],
  ['opcode 0x69', pickle('(ios\nsystem\n')],
  ['opcode 0x6f', pickle('(', 'o')],
  ['opcode 0x81', pickle('ccollections\nOrderedDict\n', ')', [0x81])],
  ['a call of F32', pickle('ctorch\nFloatStorage\n', ')R')],
  ['a storage of an unknown kind', tensor('FloatStorage', [0x4b, 2, 0x4b, 3, 0x86], 'module')],
  ['a tensor without storage', tensor('FloatStorage', [0x4b, 2, 0x85])],
  ['a tensor without storage', tensor('FloatStorage', [0x4a, 0xff, 0xff, 0xff, 0xff, 0x4b, 3, 0x86])],
  ['ends early', tensor().subarray(0, 30)],
  ['stack runs empty', pickle('R')],
  ['without its mark', pickle('u')],
  ['entry 9 of the memo', pickle('h', [9])],
  ['protocol above 5', Buffer.from([0x80, 9, 0x4e, 0x2e])],
])('refuses %s', (name, bytes) => {
  const read = (): unknown => unpickle(bytes, 'model.bin');
  expect(read).toThrow(InputError);
  expect(read).toThrow(`model.bin: refused: `);
  expect(read).toThrow(name);
});

it('ends in an error or a value for any damage', () => {
  const whole = tensor();
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 0x28, 0x52, 0xff]) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = value;
      try {
        unpickle(damaged, 'x');
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
  }
});

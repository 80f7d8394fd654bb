import { endQuietlyWithoutReader } from './closed-pipe';

const broken = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });
const streams = ['stdout', 'stderr'] as const;
let exit: jest.SpyInstance;
const before = streams.map((name) => process[name].listeners('error'));
beforeEach(() => {
  exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  endQuietlyWithoutReader();
});
afterEach(() => {
  jest.restoreAllMocks();
  for (const [i, name] of streams.entries())
    for (const listener of process[name].listeners('error'))
      if (!before[i]?.includes(listener)) process[name].off('error', listener as (error: Error) => void);
});

test('results that nobody reads any more end the program without a word', () => {
  process.stdout.emit('error', broken('EPIPE'));
  expect(exit).toHaveBeenCalledWith(0);
});

test('progress that nobody reads does not', () => {
  process.stderr.emit('error', broken('EPIPE'));
  expect(exit).not.toHaveBeenCalled();
});

test.each(streams)('any other error of %s is an error', (name) => {
  expect(() => process[name].emit('error', broken('EIO'))).toThrow('EIO');
  expect(exit).not.toHaveBeenCalled();
});

import { Interrupted, interruptSignal } from './interrupt';

let now: number;
let exit: jest.SpyInstance;
let written: string;
let open: ReturnType<typeof interruptSignal>;
beforeEach(() => {
  now = 5_000;
  written = '';
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((written += String(text)), true));
  open = interruptSignal();
});
afterEach(() => {
  open.release();
  jest.restoreAllMocks();
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s asks the run to save and stop', (name) => {
  process.emit(name, name);
  expect(open.signal.aborted).toBe(true);
  expect(open.signal.reason).toBeInstanceOf(Interrupted);
  expect(written).toContain('stopping after this step');
  expect(exit).not.toHaveBeenCalled();
});

test('a second signal within a second is the first one again, whatever its name; a later one ends the process', () => {
  process.emit('SIGINT', 'SIGINT');
  now += 1;
  process.emit('SIGINT', 'SIGINT');
  now += 998;
  process.emit('SIGTERM', 'SIGTERM');
  expect(exit).not.toHaveBeenCalled();
  expect(written.match(/stopping/g)).toHaveLength(1);
  now += 2;
  process.emit('SIGTERM', 'SIGTERM');
  expect(exit).toHaveBeenCalledWith(130);
});

test('after release, signals are no longer taken', () => {
  const before = process.listenerCount('SIGHUP');
  open.release();
  expect(process.listenerCount('SIGHUP')).toBe(before - 1);
});

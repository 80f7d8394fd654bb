import { runProgram } from '../program';

/** For tests: the program in this process. What it prints is kept from the terminal, test by test. */
export interface WatchedProgram {
  /** A command that ends well. @returns what it printed */
  ser(...args: string[]): Promise<string>;
  /** One that ends with code 2, in lines and not in a stack trace. @returns what it printed */
  refused(...args: string[]): Promise<string>;
}

export function watchProgram(): WatchedProgram {
  let printed = '';
  beforeEach(() => {
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((text) => ((printed += String(text)), true));
  });
  afterEach(() => jest.restoreAllMocks());
  return {
    async ser(...args) {
      printed = '';
      const code = await runProgram(args);
      expect({ code, printed }).toMatchObject({ code: 0 });
      return printed;
    },
    async refused(...args) {
      printed = '';
      expect(await runProgram(args)).toBe(2);
      expect(printed).not.toMatch(/^\s+at /m);
      return printed;
    },
  };
}

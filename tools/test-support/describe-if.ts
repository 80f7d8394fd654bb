/** `describe`, or a skip that prints its reason, when something from outside is missing. */
export function describeIf(there: boolean, reason: string): jest.Describe {
  if (!there) say(reason);
  return there ? describe : describe.skip;
}

/** The same for one test. */
export function testIf(there: boolean, reason: string): jest.It {
  if (!there) say(reason);
  return there ? test : test.skip;
}

const say = (reason: string): void => void process.stderr.write(`skipped: ${reason}\n`);

/** `describe`, or a skip that prints its reason, when something from outside is missing. */
export function describeIf(there: boolean, reason: string): jest.Describe {
  if (!there) process.stderr.write(`skipped: ${reason}\n`);
  return there ? describe : describe.skip;
}

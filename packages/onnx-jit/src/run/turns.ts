let last: Promise<unknown> = Promise.resolve();

/**
 * Runs jobs one after the other, in the order in which they were given. All compiled functions wait in this one line:
 * two of them may share a variable, and a GPU must not be given two sessions at once. Nothing is lost by it, since ONNX
 * Runtime spreads one run over all processors.
 */
export function inTurn<T>(job: () => Promise<T>): Promise<T> {
  const next = last.then(job);
  last = next.catch(() => undefined);
  return next;
}

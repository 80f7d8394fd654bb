/** A function cannot be compiled as it is written; the message names the operation and the way out. */
export class CompileError extends Error {
  override name = 'CompileError';
}

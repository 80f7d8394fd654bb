import { InputError } from './input-error';

/** Throws unless `heads` heads of equal size make up `dim` features. */
export function checkHeads(dim: number, heads: number): void {
  if (!Number.isInteger(dim) || dim < 1) throw new InputError(`dim must be a positive integer, got ${dim}`);
  if (!Number.isInteger(heads) || heads < 1 || dim % heads !== 0) {
    throw new InputError(`heads must divide the ${dim} features, got ${heads}`);
  }
}

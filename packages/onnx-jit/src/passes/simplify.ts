import type { Provider } from '../lower/call';
import type { Trace } from '../record/trace';
import { algebra } from './algebra';
import { emulateHalf } from './emulate-half';
import { mixedPrecision } from './mixed';
import { packStates } from './pack';
import { pieces } from './pieces';
import { products } from './products';
import { rewrite } from './rewrite';

/** In which numbers a step computes: float32 throughout, or its large products in bfloat16 (`mixed.ts`). */
export type Precision = 'float32' | 'mixed';

/** What a step is compiled for. */
export interface Target {
  readonly provider: Provider;
  readonly precision: Precision;
  /** To be run on the CPU all the same. */
  readonly emulated: boolean;
}

/**
 * The same step in fewer nodes. On a GPU a node costs a launch, some ten microseconds whatever its size; on the CPU it
 * costs a pass over its operands.
 */
export function simplify(trace: Trace, { provider, precision, emulated }: Target): Trace {
  if (provider === 'cpu') return rewrite(trace, provider, [algebra]).trace;
  const simple = packStates(rewrite(trace, provider, [products, pieces, algebra]).trace, provider);
  if (precision === 'float32') return simple;
  const mixed = mixedPrecision(simple);
  return emulated ? emulateHalf(mixed) : mixed;
}

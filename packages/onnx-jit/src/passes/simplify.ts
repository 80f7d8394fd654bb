import type { Provider } from '../lower/call';
import type { Trace } from '../record/trace';
import { algebra } from './algebra';
import { packStates } from './pack';
import { pieces } from './pieces';
import { products } from './products';
import { rewrite } from './rewrite';

/**
 * The same step in fewer nodes. On a GPU a node costs a launch, some ten microseconds whatever its size; on the CPU it
 * costs a pass over its operands.
 */
export function simplify(trace: Trace, provider: Provider): Trace {
  if (provider === 'cpu') return rewrite(trace, provider, [algebra]).trace;
  return packStates(rewrite(trace, provider, [products, pieces, algebra]).trace, provider);
}

import type { Value } from '../graph/graph';
import { nodeOf } from '../lower/basic';
import { arrangeOverwriting } from '../passes/overwrite';
import { simplify, type Target } from '../passes/simplify';
import { argumentTypes, withLeaves, type TensorTree } from './arguments';
import { isAssigned, outputsOf } from './compare';
import { trace, type Pack, type State, type Trace } from './trace';

/** One recording of a function, arranged so that it can be compiled. */
export interface RecordedStep {
  /** As the function did it. */
  readonly recorded: Trace;
  /** As it is compiled. */
  readonly trace: Trace;
  /** The states that may be written over their old values. */
  readonly overwritten: ReadonlySet<State | Pack>;
}

/** Calls `fn` with tensors that have the types of `args` and no values, and records what it does. */
export function recordStep<Args extends TensorTree[]>(
  fn: (...args: Args) => TensorTree,
  args: Args,
  target: Target,
): RecordedStep {
  const { provider } = target;
  const types = argumentTypes(args);
  const recorded = trace((tensors) => fn(...withLeaves(args, tensors)), types, { provider, inline: false });
  const simplified = simplify(recorded, target);
  if (provider !== 'cpu') return { recorded, trace: simplified, overwritten: new Set() };
  const assigned = simplified.states.filter(isAssigned);
  // Shapes are free in memory that is given, and a reshaping at the end would be a copy.
  for (const state of assigned) state.output = beforeReshape(state.output);
  const overwritten = arrangeOverwriting(assigned, simplified.graph, outputsOf(simplified));
  return { recorded, trace: simplified, overwritten };
}

/** What a value was before it got its last shape, if a node made that. */
function beforeReshape(value: Value): Value {
  const inner = nodeOf(value, 'Reshape')?.inputs[0];
  return inner?.source.kind === 'node' ? inner : value;
}

import { isAssigned } from '../record/compare';
import type { Pack, State, Trace } from '../record/trace';
import type { NamedValue } from './serialize';

/** What a step's model delivers, by name: the results, and the new values of the states that change. */
export interface StepOutputs {
  readonly results: readonly NamedValue[];
  readonly states: readonly (NamedValue & { readonly state: State | Pack })[];
}

/** The variables that a state's tensor holds. */
export const variablesOf = (state: State | Pack) => ('variables' in state ? state.variables : [state.variable]);

export function stepOutputs({ results, states, packs }: Trace): StepOutputs {
  return {
    results: results.map((value, i) => ({ name: `result ${i}`, value })),
    states: [...states.filter(isAssigned), ...packs].map((state, i) => ({
      name: `next ${i}`,
      value: state.output,
      state,
    })),
  };
}

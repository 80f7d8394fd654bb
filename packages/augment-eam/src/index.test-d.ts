import { expectTypeOf } from 'expect-type';
import { type MixPlan, type MixPlanOptions, planEnergyAdaptiveMix } from './index';

// Every option there is: a new one is added here and in the README.
expectTypeOf<keyof MixPlanOptions>().toEqualTypeOf<
  'dominant' | 'lengths' | 'candidates' | 'random' | 'probability' | 'minMixSeconds' | 'sampleRate' | 'snrDb'
>();
expectTypeOf<{ dominant: 0; lengths: Int32Array; random: () => number }>().toExtend<MixPlanOptions>();

// An utterance may stay as it is: null must be handled.
expectTypeOf(planEnergyAdaptiveMix).returns.toEqualTypeOf<MixPlan | null>();

// A range is a pair, not a list.
expectTypeOf<number[]>().not.toExtend<MixPlanOptions['snrDb']>();

// A plan survives JSON: plain numbers only.
expectTypeOf<MixPlan>().toExtend<{ [name in keyof MixPlan]: number }>();

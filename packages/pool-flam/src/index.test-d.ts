import type * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import { flam, type FlamParamName, type FlamParams, maxPool, meanPool, type PoolOutput } from './index';

// Parameters are complete: one that is left out is an error.
expectTypeOf<Record<FlamParamName, tf.Variable>>().toExtend<FlamParams>();
expectTypeOf<Omit<FlamParams, 'projection'>>().not.toExtend<FlamParams>();

// Every option there is, and one output for the three poolings.
expectTypeOf<keyof NonNullable<Parameters<typeof flam>[3]>>().toEqualTypeOf<'heads' | 'project'>();
expectTypeOf<keyof NonNullable<Parameters<typeof meanPool>[2]>>().toEqualTypeOf<'project'>();
expectTypeOf(maxPool).parameters.toEqualTypeOf<Parameters<typeof meanPool>>();
expectTypeOf(flam).returns.toEqualTypeOf<PoolOutput>();
expectTypeOf(meanPool).returns.toEqualTypeOf<PoolOutput>();
expectTypeOf(maxPool).returns.toEqualTypeOf<PoolOutput>();

// Frames without the axis of the batch are an error.
expectTypeOf<tf.Tensor2D>().not.toExtend<Parameters<typeof meanPool>[0]>();

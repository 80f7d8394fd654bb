import type * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import { centerLoss, focalLoss, klDivergence, supervisedContrastive, type SupervisedContrastiveOptions } from './index';

// Every loss is a scalar, so that they can be weighted and added.
expectTypeOf(klDivergence).returns.toEqualTypeOf<tf.Scalar>();
expectTypeOf(focalLoss).returns.toEqualTypeOf<tf.Scalar>();
expectTypeOf(centerLoss).returns.toEqualTypeOf<tf.Scalar>();
expectTypeOf(supervisedContrastive).returns.toEqualTypeOf<tf.Scalar>();

// Every option there is; the number of classes has no default.
expectTypeOf<keyof SupervisedContrastiveOptions>().toEqualTypeOf<'classes' | 'temperature' | 'normalize' | 'tile'>();
expectTypeOf<{ classes: number }>().toExtend<SupervisedContrastiveOptions>();
expectTypeOf<{ temperature: number }>().not.toExtend<SupervisedContrastiveOptions>();
expectTypeOf<keyof NonNullable<Parameters<typeof focalLoss>[2]>>().toEqualTypeOf<'gamma' | 'classWeights'>();

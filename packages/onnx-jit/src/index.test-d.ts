import type * as tf from '@tensorflow/tfjs';
import { expectTypeOf } from 'expect-type';
import { type Compiled, jit } from './index';

// A compiled function takes what the function takes and promises what it returns.
const compiled = jit((input: { x: tf.Tensor2D; y: tf.Tensor1D }) => ({ loss: input.x.mean() as tf.Scalar }));
expectTypeOf(compiled).toExtend<Compiled<[{ x: tf.Tensor2D; y: tf.Tensor1D }], { loss: tf.Scalar }>>();
expectTypeOf(compiled).returns.resolves.toEqualTypeOf<{ loss: tf.Scalar }>();

// A number would be baked into the graph: arguments are tensors.
// @ts-expect-error: number is no tensor
jit((x: tf.Tensor1D, rate: number) => x.mul(rate));

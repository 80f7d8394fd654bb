import type * as tf from '@tensorflow/tfjs-core';
import { InputError } from './input-error';

/** One tensor argument: its name, its axes by name, and the size that an axis must have (null: any). */
interface Expected {
  tensor: tf.Tensor;
  axes: readonly string[];
  sizes?: readonly (number | null | undefined)[];
  dtype?: 'float32' | 'int32';
}

/** Throws unless every named tensor has its rank, sizes and type. Reads shapes, never values. */
export function check(arguments_: Readonly<Record<string, Expected>>): void {
  for (const [name, { tensor, axes, sizes = [], dtype = 'float32' }] of Object.entries(arguments_)) {
    const { shape } = tensor;
    const fits =
      shape.length === axes.length && shape.every((size, axis) => size > 0 && size === (sizes[axis] ?? size));
    if (!fits) {
      const wanted = axes.map((axis, k) => (sizes[k] == null ? axis : `${axis} = ${sizes[k]}`)).join(', ');
      throw new InputError(`${name} must be [${wanted}], got [${shape.join(', ')}]`);
    }
    if (tensor.dtype !== dtype) throw new InputError(`${name} must be ${dtype}, got ${tensor.dtype}`);
  }
}

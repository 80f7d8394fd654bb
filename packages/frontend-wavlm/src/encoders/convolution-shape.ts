/** Samples between two frames of a stack of unpadded convolutions. */
export const hopOf = (strides: readonly number[]): number => strides.reduce((a, b) => a * b, 1);

/** Samples that one frame of it looks at. */
export const receptiveFieldOf = (kernels: readonly number[], strides: readonly number[]): number =>
  kernels.reduceRight((size, kernel, i) => (size - 1) * (strides[i] ?? 1) + kernel, 1);

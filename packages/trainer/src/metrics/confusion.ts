/**
 * Counts of every (true class, predicted class) pair.
 *
 * @param truth [utterances] class indices, `0 ≤ index < classes`
 * @param predicted [utterances] class indices
 * @returns [classes][classes], row = truth, column = prediction
 * @throws RangeError when the lengths differ or an index is not a class
 */
export function confusionMatrix(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[][] {
  if (truth.length !== predicted.length) {
    throw new RangeError(`confusionMatrix: ${truth.length} true classes but ${predicted.length} predictions`);
  }
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let index = 0; index < truth.length; index++) {
    const row = counts[truth[index] ?? -1];
    const column = predicted[index] ?? -1;
    if (row?.[column] === undefined) {
      throw new RangeError(
        `confusionMatrix: (${truth[index]}, ${column}) at ${index} is outside of ${classes} classes`,
      );
    }
    row[column] += 1;
  }
  return counts;
}

/** Element-wise sum of confusion matrices of the same size. */
export function addConfusion(matrices: readonly (readonly (readonly number[])[])[], classes: number): number[][] {
  const total = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const matrix of matrices) {
    total.forEach((row, i) => row.forEach((count, j) => (row[j] = count + (matrix[i]?.[j] ?? 0))));
  }
  return total;
}

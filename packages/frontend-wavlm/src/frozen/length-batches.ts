/**
 * Indices in batches by length, longest first, so that what does not fit into memory shows at once.
 *
 * @param most samples of a batch, padding included
 * @param equal whether a batch must have one length
 */
export function lengthBatches(
  indices: readonly number[],
  lengthOf: (i: number) => number,
  most: number,
  equal: boolean,
): number[][] {
  const sorted = [...indices].sort((a, b) => lengthOf(b) - lengthOf(a) || a - b);
  const groups: number[][] = [];
  for (const i of sorted) {
    const group = groups.at(-1);
    const longest = lengthOf(group?.[0] ?? i);
    // Padding costs time: a batch ends where a row would be less than three quarters full.
    const fits = equal ? lengthOf(i) === longest : lengthOf(i) * 4 >= longest * 3;
    if (group && fits && longest * (group.length + 1) <= most) group.push(i);
    else groups.push([i]);
  }
  return groups;
}

import { unweightedAccuracy, weightedAccuracy } from './accuracy';
import { confusionMatrix } from './confusion';

export interface GroupAccuracy {
  readonly group: string;
  readonly utterances: number;
  readonly wa: number;
  /** Mean recall over the classes this group has. */
  readonly ua: number;
}

/** WA and UA of each group (speaker, session, …) on its own, sorted by name with numbers in numeric order. */
export function accuracyByGroup(
  groups: readonly string[],
  truth: readonly number[],
  predicted: readonly number[],
  classes: number,
): GroupAccuracy[] {
  const members = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const indices = members.get(group);
    if (indices === undefined) members.set(group, [index]);
    else indices.push(index);
  });
  return [...members]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([group, indices]) => {
      const pick = (values: readonly number[]): number[] => indices.map((index) => values[index] ?? -1);
      const confusion = confusionMatrix(pick(truth), pick(predicted), classes);
      const utterances = indices.length;
      return { group, utterances, wa: weightedAccuracy(confusion), ua: unweightedAccuracy(confusion) };
    });
}

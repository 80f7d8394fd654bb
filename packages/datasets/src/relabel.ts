import type { Utterance } from './corpus';
import { emotionOf } from './emotions';
import { labelForm } from './names';

/** A set of labels and whose it is. */
export interface Labels {
  readonly name: string;
  readonly labels: readonly string[];
}

/**
 * Utterances under other labels; those whose label has none are left out. What people said of an utterance (its
 * distribution) is kept over the labels that have one, and sums to 1 again.
 *
 * @param own labels that the utterances have, in the order of their distributions
 * @param labels those that they get
 * @param other of an own label, the other one
 */
export function relabel(
  utterances: readonly Utterance[],
  own: readonly string[],
  labels: readonly string[],
  other: (label: string) => string | undefined,
): Utterance[] {
  const places = own.map((label) => labels.indexOf(other(label) ?? ''));
  return utterances.flatMap((utterance) => {
    const label = other(utterance.label);
    if (label === undefined) return [];
    const { distribution, ...rest } = utterance;
    if (!distribution) return [{ ...rest, label }];
    const shares = labels.map((_, to) =>
      distribution.reduce((sum, share, from) => sum + (places[from] === to ? share : 0), 0),
    );
    const sum = shares.reduce((a, b) => a + b, 0);
    return [{ ...rest, label, distribution: shares.map((share) => share / sum) }];
  });
}

/** The same label in another set, whatever its case and Unicode form. */
export function labelIn(labels: readonly string[]): (label: string) => string | undefined {
  const byForm = new Map(labels.map((label) => [labelForm(label), label]));
  return (label) => byForm.get(labelForm(label));
}

/**
 * Both label sets, and which labels of the one may be which of the other.
 * @param hint how two are said to be the same
 */
export function compareLabels(a: Labels, b: Labels, hint: string): string {
  const [inA, inB] = [labelIn(a.labels), labelIn(b.labels)];
  const onlyA = a.labels.filter((label) => inB(label) === undefined);
  const onlyB = b.labels.filter((label) => inA(label) === undefined);
  const pairs = onlyA.flatMap((one) =>
    onlyB
      .filter((other) => emotionOf(one) !== undefined && emotionOf(one) === emotionOf(other))
      .map((other) => `${one} and ${other}`),
  );
  const same = pairs.length === 0 ? '' : `; may be the same: ${pairs.join(', ')} (${hint})`;
  return `labels of ${a.name}: ${a.labels.join(', ')}; of ${b.name}: ${b.labels.join(', ')}${same}`;
}

import { InputError } from '@ser/files';
import type { CorpusCard } from './card';
import type { RawLabel } from './corpus';
import { labelForm } from './names';

/** What the opinions on one utterance come to. */
export type Verdict =
  | { readonly label: string; readonly distribution?: readonly number[] }
  /** Why it is left out. */
  | { readonly leftOut: string };

/**
 * A function that turns the corpus's own labels of one utterance into a class of the card, and where there are several
 * opinions into the share of each class. The most frequent opinion decides, ignored labels among them; without one most
 * frequent, or with less than the card's `agreement`, the utterance is left out.
 *
 * @throws {InputError} (the function) for a label that the card neither maps nor ignores.
 */
export function labelJudge(labels: CorpusCard['labels']): (raw: readonly RawLabel[], origin: string) => Verdict {
  const { classes, agreement = 0, soft = true } = labels;
  const classOf = new Map(Object.entries(labels.map).map(([own, label]) => [labelForm(own), label]));
  const ignored = new Map(labels.ignore?.map((own) => [labelForm(own), own]));
  return (raw, origin) => {
    const opinions = new Map<string, number>();
    let total = 0;
    for (const [own, weight] of raw) {
      const form = labelForm(own);
      const label = classOf.get(form) ?? ignoredMark(ignored.get(form));
      if (label === undefined) {
        throw new InputError(
          `${origin}: unknown label ${JSON.stringify(own.slice(0, 80))}; expected one of ` +
            [...Object.keys(labels.map), ...(labels.ignore ?? [])].join(', '),
        );
      }
      opinions.set(label, (opinions.get(label) ?? 0) + weight);
      total += weight;
    }
    const [first, second] = [...opinions].sort((a, b) => b[1] - a[1]);
    if (!first) return { leftOut: 'without a label' };
    const [label, most] = first;
    if (second && second[1] === most) return { leftOut: 'without a most frequent label' };
    if (isIgnored(label)) return { leftOut: label.slice(1) || 'without a label' };
    if (most < agreement * total) return { leftOut: `with agreement below ${agreement}` };
    if (!soft || opinions.size === 1) return { label };
    const weights = classes.map((name) => opinions.get(name) ?? 0);
    const sum = weights.reduce((a, b) => a + b, 0);
    return { label, distribution: weights.map((weight) => weight / sum) };
  };
}

/** No class begins with this. */
const mark = '\0';
const ignoredMark = (own: string | undefined): string | undefined => (own === undefined ? undefined : mark + own);
const isIgnored = (label: string): boolean => label.startsWith(mark);

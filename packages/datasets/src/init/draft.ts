import { messageOf } from '@ser/files';
import type { CorpusCard } from '../card';
import { officialSplit } from '../official-split';
import { distinct } from '../order';
import { some } from './column-values';

/** A card without what only its owner knows, and comments by the key they stand above. */
export interface Draft {
  readonly fields: Pick<CorpusCard, 'reader'> & Partial<CorpusCard>;
  readonly labels: readonly string[];
  /** Whether an utterance may have several labels: opinions, or shares. */
  readonly severalLabels: boolean;
  readonly comments: ReadonlyMap<string, readonly string[]>;
  /** What the card does not decide. */
  readonly open: readonly string[];
}

/** What it means that nobody is named, and what would name them. */
export const speakersUnknown = (remedy: string): string =>
  `nothing names the speakers: every utterance counts as a speaker of its own, so results are not speaker-independent; ${remedy}`;

/** The rule of the folds, with what is said of it. */
export function foldsOf(
  found: {
    readonly speakers: readonly string[] | undefined;
    readonly splits: readonly string[] | undefined;
    readonly folds?: string | undefined;
  },
  comments: Map<string, readonly string[]>,
  open: string[],
): Pick<CorpusCard, 'folds'> {
  const speakers = distinct(found.speakers ?? []);
  if (found.folds !== undefined) {
    comments.set('folds', [`The column ${found.folds} names the fold in which each utterance is tested.`]);
    return { folds: { by: found.folds } };
  }
  if (found.splits !== undefined) {
    try {
      if (officialSplit(distinct(found.splits), '') !== undefined) {
        comments.set('folds', ["The corpus's own split. `speaker` in its place makes folds by speaker."]);
        return { folds: { by: 'split' } };
      }
    } catch (error) {
      open.push(`the split column is not used: ${messageOf(error).replace(/^: /, '')}`);
    }
  }
  comments.set('folds', [
    speakers.length === 0
      ? 'Five parts at random.'
      : `${speakers.length} speakers: ${some(speakers)}. No speaker is in train and test.`,
  ]);
  return { folds: { by: 'speaker', ...(speakers.length === 0 || speakers.length > 12 ? { k: 5, seed: 1 } : {}) } };
}

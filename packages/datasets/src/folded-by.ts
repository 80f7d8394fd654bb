import { InputError } from '@ser/files';
import type { Corpus } from './corpus';
import { distinct } from './order';
import { columnOf } from './select';

/**
 * A corpus with other folds than those of its card.
 *
 * @param rule `speaker`, `session`, `split` or a column of the corpus, such as `sentence`: one group is left out at a time;
 *   with a number behind it (`sentence:5`), groups are dealt to so many folds
 * @throws {InputError} when utterances do not have the column: those there are
 */
export function foldedBy(corpus: Corpus, rule: string): Corpus {
  const [by = '', count, ...rest] = rule.split(':');
  const k = count === undefined ? undefined : Number(count);
  if (rest.length > 0 || by === '' || (k !== undefined && !(Number.isInteger(k) && k >= 2)))
    throw new InputError(`--folds-by=${rule}: expected a column such as sentence, or sentence:5 for five folds`);
  const { utterances } = corpus;
  const without = utterances.find((utterance) => columnOf(utterance, by) === undefined);
  if (without) {
    const own = distinct(utterances.flatMap(({ columns }) => Object.keys(columns ?? {})));
    const names = ['speaker', 'session', 'split', ...own];
    const there = names.filter((name) => utterances.every((utterance) => columnOf(utterance, name) !== undefined));
    throw new InputError(
      `--folds-by=${rule}: utterance ${without.id} of ${corpus.card.name} has no ${by}; all have ${there.join(', ')}`,
    );
  }
  return { ...corpus, card: { ...corpus.card, folds: k === undefined ? { by } : { by, k } } };
}

import type { Utterance } from '@ser/datasets';
import { InputError } from '@ser/files';
import { audioHeard } from '../record/heard';
import type { AudioHashes } from '../run/fingerprint';
import type { Trained } from './subject';

/** What happens to utterances that a model was trained on: its answers to them are no test. */
export type SeenRule = 'refused' | 'left-out' | 'allowed';

/** What is left to test a model on. */
export interface Unseen {
  readonly utterances: readonly Utterance[];
  /** What a reader of the result must know. */
  readonly notes: readonly string[];
}

/**
 * Finds the utterances that a model was trained on or chosen by: those whose audio it has heard, in whatever corpus, and,
 * where it was trained on this very corpus, all of the speakers that it knows.
 *
 * @param models what is known of the training of each model that takes part
 * @throws {InputError} when there are some and the rule refuses them, when the model does not say what it was trained on
 *   and was trained on this corpus, or when nothing is left
 */
export function unseenBy(
  models: readonly Trained[],
  corpus: string,
  utterances: readonly Utterance[],
  audio: AudioHashes,
  rule: SeenRule,
): Unseen {
  const silent = models.filter(({ heard }) => heard === undefined);
  const here = models.filter((model) => model.corpus === corpus);
  if (silent.some((model) => here.includes(model))) {
    const what = `the model was trained on ${corpus}, and its file does not say on which recordings of it`;
    if (rule !== 'allowed') throw new InputError(`${what}; --seen=allowed tests it on all, and says so in the report`);
    return { utterances, notes: [`Not a test: ${what}.`] };
  }
  const isHeard = audioHeard(models.flatMap(({ heard }) => heard ?? []));
  const speakers = new Set(here.flatMap(({ heard }) => heard?.speakers ?? []));
  const known = ({ speaker }: Utterance): boolean => speakers.has(speaker) || speakers.has(`${corpus}/${speaker}`);
  const heard = utterances.filter((utterance) => isHeard(audio.get(utterance.audio) ?? ''));
  const ids = new Set(heard.map(({ id }) => id));
  const alike = utterances.filter((utterance) => !ids.has(utterance.id) && known(utterance));
  const unchecked =
    silent.length === 0
      ? []
      : ['The model does not say which recordings it was trained on: whether some are among these was not looked at.'];
  if (heard.length + alike.length === 0) return { utterances, notes: unchecked };
  const what = [
    ...(heard.length > 0 ? [`on ${heard.length} of its ${utterances.length} utterances (${some(heard)})`] : []),
    ...(alike.length > 0
      ? [`on the speakers of ${alike.length} ${heard.length > 0 ? 'others' : 'of its utterances'}`]
      : []),
  ].join(' and ');
  switch (rule) {
    case 'refused':
      throw new InputError(
        `${corpus}: the model was trained ${what}: it is not tested on them; --seen=left-out tests it on the others, ` +
          `--seen=allowed on all, and says so in the report`,
      );
    case 'allowed':
      return { utterances, notes: [`Not a test of what is new to the model: it was trained ${what}.`, ...unchecked] };
    case 'left-out': {
      const gone = new Set([...heard, ...alike].map(({ id }) => id));
      const left = utterances.filter(({ id }) => !gone.has(id));
      if (left.length === 0)
        throw new InputError(`${corpus}: the model was trained ${what}; nothing is left to test it on`);
      return { utterances: left, notes: [`Left out, because the model was trained ${what}.`, ...unchecked] };
    }
  }
}

function some(utterances: readonly Utterance[]): string {
  const ids = utterances.slice(0, 3).map(({ id }) => id);
  return utterances.length > 3 ? `${ids.join(', ')} and ${utterances.length - 3} more` : ids.join(', ');
}

import type { FoldResult } from '../record/run-files';

/** What has to stand beside every result of these folds; nothing where each test utterance is heard by itself, of speakers that training has not heard. */
export function stampOf(folds: readonly Stamped[]): string | undefined {
  const stamps = [
    sharedStamp(folds),
    unknownStamp(folds),
    folds.some(({ speakerNormalized }) => speakerNormalized) ? normalized : undefined,
  ];
  return stamps.filter((stamp) => stamp !== undefined).join(' ') || undefined;
}

type Stamped = Pick<FoldResult, 'sharedSpeakers' | 'unknownSpeakers' | 'speakerNormalized'>;

const normalized =
  'Normalised by speaker: frames were scaled by statistics of all utterances of each test speaker, without their labels (--speaker-normalize).';

function unknownStamp(folds: readonly Stamped[]): string | undefined {
  const unknown = folds.reduce((sum, { unknownSpeakers = 0 }) => sum + unknownSpeakers, 0);
  if (unknown === 0) return undefined;
  const utterances = unknown === 1 ? '1 test utterance' : `${unknown} test utterances`;
  return `Not speaker-independent: nobody knows the speakers of ${utterances}, and training may have heard them (unknownSpeakers).`;
}

function sharedStamp(folds: readonly Stamped[]): string | undefined {
  const shared = new Set(folds.flatMap(({ sharedSpeakers }) => sharedSpeakers ?? [])).size;
  if (shared === 0) return undefined;
  const speakers = shared === 1 ? '1 speaker is' : `${shared} speakers are`;
  return `Not speaker-independent: ${speakers} on both sides of the split, as was allowed (--shared-speakers).`;
}

import type { FoldResult } from '../record/run-files';

/** What has to stand beside every result of these folds; nothing for folds that are speaker-independent. */
export function stampOf(folds: readonly Pick<FoldResult, 'sharedSpeakers'>[]): string | undefined {
  const shared = new Set(folds.flatMap(({ sharedSpeakers }) => sharedSpeakers ?? [])).size;
  if (shared === 0) return undefined;
  const speakers = shared === 1 ? '1 speaker is' : `${shared} speakers are`;
  return `Not speaker-independent: ${speakers} on both sides of the split, as was allowed (--shared-speakers).`;
}

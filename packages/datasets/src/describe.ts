import type { CorpusCheck } from './check-corpus';
import { byText } from './order';
import type { FoldStatistics, SideStatistics } from './statistics';

/** Names listed before the rest is only counted. */
const listed = 20;

/** A check as text, for people. */
export function describeCheck(check: CorpusCheck): string {
  const { duration } = check;
  const lines = [
    `${check.name}: ${check.utterances} utterances, ${Object.keys(check.speakers).length} speakers, ${(duration.total / 3600).toFixed(2)} h in ${check.root}`,
    `classes: ${counts(check.classes)}`,
    `speakers: ${counts(sorted(check.speakers))}`,
  ];
  if (Object.keys(check.sessions).length > 0) lines.push(`sessions: ${counts(sorted(check.sessions))}`);
  lines.push(
    `seconds: ${Object.entries(duration.quantiles)
      .map(
        ([share, value]) =>
          `${share === '0' ? 'min' : share === '50' ? 'median' : share === '100' ? 'max' : `${share} %`} ${value.toFixed(2)}`,
      )
      .join(', ')}`,
    `formats: ${counts(check.formats)}`,
    ...(check.folds.length > 0 ? describeFolds(check.folds).split('\n') : []),
    ...(check.foldFault === undefined
      ? []
      : [`folds: ${check.folds.length > 0 ? 'refused in training' : 'none'}: ${check.foldFault}`]),
    ...group(
      'duplicates by content',
      check.duplicates.map(({ ids, labels, leaks }) =>
        [
          ids.join(' = '),
          ...(labels.length > 1 ? [`labelled ${labels.join(' and ')}`] : []),
          ...(leaks.length > 0 ? [`on two sides of fold ${leaks.join(' and ')}`] : []),
        ].join(', '),
      ),
    ),
    ...group('silent (peak below -60 dB)', check.silent),
    ...group(
      'clipped',
      check.clipped.map(({ id, samples }) => `${id} (${samples} samples)`),
    ),
    ...group(
      'shorter than 25 ms (--allow-incomplete leaves out what the encoder cannot take)',
      check.short.map(({ id, seconds }) => `${id} (${(1000 * seconds).toFixed(1)} ms)`),
    ),
    // A fault that few corpora have.
    ...(check.overstated.length === 0
      ? []
      : group('header states more than is there, by its own 44 bytes at most', check.overstated)),
    ...group('unreadable', check.unreadable, Infinity),
    ...check.notes.map((note) => `note: ${note}`),
  );
  return lines.join('\n');
}

/** Folds as text: a line each, with the classes of both sides. */
export function describeFolds(folds: readonly FoldStatistics[]): string {
  const by = folds[0]?.groupBy ?? 'speaker';
  return [
    `folds: ${folds.length}, ${keptApart(folds, by)}`,
    ...folds.flatMap(({ fold, name, namedByGroups, train, dev, test, testSets }) => {
      const what = namedByGroups ? `test ${by}` : 'split';
      const sides = [`train ${side(train)}`, ...(dev ? [`dev ${side(dev)}`] : []), `test ${side(test)}`];
      const parts = Object.entries(testSets ?? {}).map(([set, part]) => `     ${set}: ${side(part)}`);
      return [`  ${fold}  ${what} ${name}: ${sides.join('; ')}`, ...parts];
    }),
  ].join('\n');
}

function keptApart(folds: readonly FoldStatistics[], by: string): string {
  const shared = Math.max(0, ...folds.map(({ sharedSpeakers }) => sharedSpeakers));
  if (shared > 0) return `up to ${shared} speakers in train and test, which was allowed`;
  const isUnknown = by === 'speaker' && folds.some(({ unknownSpeakers }) => unknownSpeakers > 0);
  return isUnknown ? 'unknown speakers may be in train and test' : `no ${by} in train and test`;
}

function side({ utterances, classes }: SideStatistics): string {
  return `${utterances} (${counts(classes)})`;
}

function counts(record: Readonly<Record<string, number>> | ReadonlyMap<string, number>): string {
  return [...(record instanceof Map ? record : Object.entries(record))].map(([key, n]) => `${key} ${n}`).join(', ');
}

function group(title: string, items: readonly string[], most = listed): string[] {
  if (items.length === 0) return [`${title}: none`];
  const rest = items.length > most ? [`  and ${items.length - most} more`] : [];
  return [`${title}: ${items.length}`, ...items.slice(0, most).map((item) => `  ${item}`), ...rest];
}

/** Objects put keys that look like integers first: 10 before 01. */
function sorted(record: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(record).sort(([a], [b]) => byText(a, b)));
}

import type { FoldResult } from '../record/run-files';

/** A fact about how folds were made, with the folds that share it. */
export interface Provenance {
  readonly kind: 'hardware' | 'software' | 'data';
  readonly what: string;
  readonly value: string;
  readonly folds: readonly number[];
}

type Fact = readonly [kind: Provenance['kind'], what: string, value: string | undefined];

const fingerprints = {
  utterances: 'utterances of each fold',
  labelled: 'labels',
  speakers: 'speakers',
  audio: 'audio',
  weights: 'encoder weights before training',
} as const;

function facts({ engine, versions, machine, commit, fingerprint }: FoldResult): Fact[] {
  return [
    ['hardware', 'processor', machine?.cpu],
    ['hardware', 'cores', machine && String(machine.cores)],
    ['hardware', 'memory', machine && `${machine.memoryGiB} GiB`],
    ['hardware', 'GPU', machine?.gpu],
    ['software', 'system', machine?.os],
    ['software', 'engine', engine],
    ...packages(versions).map(([name, version]): Fact => ['software', name, version]),
    ['software', 'commit of the working tree', commit && `${commit.id}${commit.isModified ? ', modified' : ''}`],
    ...Object.entries(fingerprints).map(([key, what]): Fact => [
      'data',
      what,
      fingerprint?.[key as keyof typeof fingerprints],
    ]),
  ];
}

/** The packages of this repository stand in one line where they are of one version. */
function packages(versions: Readonly<Record<string, string>>): (readonly [name: string, version: string])[] {
  const all = Object.entries(versions);
  const own = all.filter(([name]) => name.startsWith('@ser/'));
  const [version, ...others] = new Set(own.map(([, of]) => of));
  if (own.length < 2 || version === undefined || others.length > 0) return all;
  return [['packages @ser/*', version], ...all.filter(([name]) => !name.startsWith('@ser/'))];
}

/** Hardware, software and fingerprints of finished folds: a row for each value that a fact has. */
export function provenanceOf(folds: readonly FoldResult[]): Provenance[] {
  const found = new Map<string, { kind: Provenance['kind']; values: Map<string, number[]> }>();
  for (const fold of folds) {
    for (const [kind, what, value] of facts(fold)) {
      if (value === undefined) continue;
      const { values } = found.get(what) ?? { values: new Map<string, number[]>() };
      found.set(what, { kind, values: values.set(value, [...(values.get(value) ?? []), fold.fold]) });
    }
  }
  return [...found].flatMap(([what, { kind, values }]) =>
    [...values].map(([value, list]) => ({ kind, what, value, folds: list })),
  );
}

/** One line where folds were not made alike, which may be why they differ. */
export function unlikeFolds(provenance: readonly Provenance[]): string[] {
  const names = provenance.map(({ what }) => what);
  const unlike = [...new Set(names.filter((what, i) => names.indexOf(what) !== i))];
  return unlike.length === 0 ? [] : [`Folds differ in ${unlike.join(', ')}: see "To reproduce".`];
}

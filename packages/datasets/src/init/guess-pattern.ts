import { isInputError } from '@ser/files';
import { emotionOf } from '../emotions';
import { labelForm } from '../names';
import { isOfficialSplit } from '../official-split';
import { countBy } from '../order';
import { pathReader } from '../readers/path-pattern';
import { commonShapes, type Shape, type Slot } from './path-slots';

/** A field whose meaning is not known. */
export interface OtherField {
  readonly field: string;
  readonly values: readonly string[];
  /** Whether each value has several files, as those of speakers do. */
  readonly repeats: boolean;
}

/** What names of files and folders say, as far as they can be guessed. */
export interface GuessedPattern {
  readonly pattern: string;
  /** The label of every file of the shape. */
  readonly labels: readonly string[] | undefined;
  readonly speakers: readonly string[] | undefined;
  readonly splits: readonly string[] | undefined;
  /** How many files have the shape. */
  readonly files: number;
  /** Fields whose meaning is not known, with their values. */
  readonly others: readonly OtherField[];
  /** Whether the labels are words for emotions, and not a guess by their number. */
  readonly labelsKnown: boolean;
}

/** Guesses which part of the paths is what. Undefined when they say too little. */
export function guessPattern(paths: readonly string[], wantLabel = true): GuessedPattern | undefined {
  const shapes = commonShapes(paths);
  // Words for emotions in whole parts of names say more than codes in small ones.
  const ways = wantLabel ? [knownLabel, likelyLabel] : [() => -1];
  for (const labelOf of ways) {
    for (const shape of shapes) {
      const guess = guessShape(shape, labelOf, wantLabel);
      if (guess && isReadable(guess.pattern, shape)) return { ...guess, labelsKnown: labelOf === knownLabel };
    }
  }
  return undefined;
}

function guessShape(
  shape: Shape,
  labelOf: (shape: Shape, taken: readonly number[]) => number,
  wantLabel: boolean,
): Omit<GuessedPattern, 'labelsKnown'> | undefined {
  const split = shape.slots.findIndex(isSplit);
  const label = labelOf(shape, [split]);
  const speaker = likelySpeaker(shape, [split, label]);
  if ((wantLabel ? label : speaker) < 0) return undefined;
  const roles = new Map([
    [split, 'split'],
    [label, 'label'],
    [speaker, 'speaker'],
  ]);
  roles.delete(-1);
  const { pattern, others } = patternOf(shape, roles);
  const valuesOf = (i: number): readonly string[] | undefined => shape.slots[i]?.values;
  return {
    pattern,
    labels: valuesOf(label),
    speakers: valuesOf(speaker),
    splits: valuesOf(split),
    files: shape.files.length,
    others,
  };
}

/** A look at this many files shows whether a pattern reads them. */
const lookedAt = 500;

/** Whether a run reads the paths by the pattern: nothing may say where a part ends, or the pattern may be too long. */
function isReadable(pattern: string, { files }: Shape): boolean {
  try {
    const read = pathReader([pattern], undefined, 'init');
    return files.slice(0, lookedAt).every((file) => read(file) !== undefined);
  } catch (error) {
    if (isInputError(error)) return false;
    throw error;
  }
}

const isSplit = ({ distinct }: Slot): boolean =>
  distinct.length >= 2 && distinct.length <= 5 && isOfficialSplit(distinct);

/** The slot whose values are mostly words for several emotions. */
function knownLabel({ slots }: Shape, taken: readonly number[]): number {
  return best(slots, taken, ({ values, distinct }) => {
    if (distinct.length < 2 || distinct.length > 40) return 0;
    const emotions = new Set(distinct.map(emotionOf).filter((emotion) => emotion !== undefined));
    const covered = values.filter((value) => emotionOf(value) !== undefined).length / values.length;
    return emotions.size >= 2 && covered >= 0.5 ? covered : 0;
  });
}

/** Words for people, with a number. */
const person = /^(actor|speaker|spk|spkr|subject|subj|voice)[\s_-]?\d*$/i;
/** What often stands in a name beside the speaker, and is none: gender and language. */
const grouping = new Set(
  (
    'F M f m w female male woman man women men weiblich männlich frau mann femme homme donna uomo mujer hombre ' +
    'en de fr es it pl zh ja ko pt nl ru tr ar fa hi sv da fi no cs el hu ro uk vi et ur bn'
  ).split(' '),
);
const isGrouping = ({ distinct }: Slot): boolean =>
  distinct.every((value) => grouping.has(value.length > 2 ? labelForm(value) : value));

/** The slot that looks like codes of a few classes: few values, each of them frequent and with many of the others. */
function likelyLabel({ slots }: Shape, taken: readonly number[]): number {
  return best(slots, taken, ({ distinct, values, kind }) => {
    if (distinct.length < 3 || distinct.length > 12 || distinct.length > values.length / 3) return 0;
    if (distinct.every((value) => person.test(value) || /^[sp]\d+$/i.test(value))) return 0;
    const fewest = Math.min(...countBy(values, (v) => v).values());
    const letters = distinct.every((value) => /^\p{L}{1,3}$/u.test(value)) ? 2 : 0;
    const words = distinct.every((value) => /^\p{L}{4,}$/u.test(value)) ? 1 : 0;
    const size = 1 - Math.abs(distinct.length - 7) / 10;
    return (
      letters + words + size + Math.min(1, (fewest * distinct.length) / values.length) + (kind === 'name' ? 0.5 : 0)
    );
  });
}

/** The slot of people: it repeats, comes with many labels, and often is a folder, a number or the first part. */
function likelySpeaker({ slots }: Shape, taken: readonly number[]): number {
  const label = slots[taken[1] ?? -1];
  const within = [...(label ? [label] : []), ...slots.filter(isGrouping)];
  return best(slots, taken, (slot, i) => {
    const { distinct, values, kind } = slot;
    if (distinct.length < 2 || distinct.length > values.length / 2 || isGrouping(slot)) return 0;
    // spk1 may be in two parts.
    const isPerson = [slot, slots[i - 1]].some((part) => part?.distinct.every((value) => person.test(value)));
    if (!isPerson && isCount(slot, within)) return 0;
    const labelsOf = new Map<string, Set<string>>();
    for (const [n, value] of values.entries()) {
      labelsOf.set(value, (labelsOf.get(value) ?? new Set()).add(label?.values[n] ?? ''));
    }
    const breadth =
      label === undefined
        ? 1
        : [...labelsOf.values()].reduce((sum, set) => sum + set.size, 0) / labelsOf.size / label.distinct.length;
    if (breadth < 0.3) return 0;
    const named = distinct.every((value) =>
      /^(actor|speaker|spk|sp|spkr|subject|subj|voice|s|f|m|p|d|fm)[\s_-]?\d+$/i.test(value),
    );
    const initials = distinct.every((value) => /^\p{Lu}{2,3}\d?$/u.test(value)) && distinct.length <= 20;
    const repeated = slots.some((other, o) => o !== i && other.values.every((value, n) => value === values[n]));
    const sentence = distinct.every((value) => /^(\p{L}{3,}|0*[1-9])$/u.test(value)) && !initials && kind === 'name';
    return (
      0.1 +
      breadth +
      (named ? 2 : 0) +
      (initials ? 1 : 0) +
      (repeated ? 2 : 0) +
      (kind === 'folder' ? 1 : 0) +
      (i === 0 || slots[i - 1]?.kind === 'folder' ? 0.5 : 0) +
      (distinct.every((value) => /^\d{2,5}$/.test(value)) ? 0.5 : 0) -
      (sentence ? 1 : 0)
    );
  });
}

/** Whether the files of each label are numbered: happy/01, happy/02, sad/01. Equal numbers are not one person. */
function isCount({ distinct, values }: Slot, within: readonly Slot[]): boolean {
  if (within.length === 0 || !distinct.every((value) => /\d$/.test(value))) return false;
  const places = values.map((value, n) => JSON.stringify([...within.map((slot) => slot.values[n]), value]));
  return new Set(places).size === values.length;
}

function best(slots: readonly Slot[], taken: readonly number[], score: (slot: Slot, i: number) => number): number {
  let chosen = -1;
  let most = 0;
  for (const [i, slot] of slots.entries()) {
    const points = taken.includes(i) ? 0 : score(slot, i);
    if (points > most) [chosen, most] = [i, points];
  }
  return chosen;
}

function patternOf(
  { slots }: Shape,
  roles: ReadonlyMap<number, string>,
): { pattern: string; others: GuessedPattern['others'] } {
  const others: OtherField[] = [];
  const used = [...roles.keys()];
  // A pattern is the end of a path: folders before the first that says something are left out.
  const first = Math.min(
    ...used,
    slots.findIndex(({ kind }) => kind === 'name'),
  );
  let pattern = '';
  for (const [i, slot] of slots.entries()) {
    if (i < first) continue;
    const role =
      roles.get(i) ?? roles.get(used.find((u) => slots[u]?.values.every((v, n) => v === slot.values[n])) ?? -1);
    const last = i === slots.length - 1;
    const field = role ?? (slot.kind === 'folder' || slot.distinct.length === 1 ? undefined : `part${i - first + 1}`);
    const joined = slot.separator === '' && !last;
    if (field === undefined)
      pattern +=
        slot.distinct.length === 1 && !/[{}*]/.test(slot.distinct[0] ?? '')
          ? slot.distinct[0]
          : joined
            ? `{part${i - first + 1}${width(slot)}}`
            : '*';
    else if (role === undefined && last && slot.distinct.length > slot.values.length / 2 && !follows(slots, i))
      pattern += '*';
    else {
      pattern += `{${field}${joined || follows(slots, i) ? width(slot) : ''}}`;
      if (role === undefined) others.push({ field, values: slot.distinct, repeats: repeats(slot) });
    }
    pattern += slot.separator;
  }
  return { pattern, others };
}

const repeats = ({ values, distinct: names }: Slot): boolean =>
  names.length > 1 && [...countBy(values, (value) => value).values()].every((count) => count > 1);

/** Whether the slot begins where the one before it ends, without a separator. */
const follows = (slots: readonly Slot[], i: number): boolean =>
  slots[i - 1]?.kind === 'name' && slots[i - 1]?.separator === '';

/** How the pattern knows where a slot without a separator ends. */
function width({ distinct }: Slot): string {
  const lengths = new Set(distinct.map((value) => value.length));
  const [length = 1] = lengths;
  if (lengths.size === 1)
    return distinct.every((value) => /^\d+$/.test(value)) ? `:${'#'.repeat(length)}` : `:${length}`;
  return distinct.length <= 40 && distinct.every((value) => !/[{}|]/.test(value)) ? `:${distinct.join('|')}` : '';
}

/** A class for each own label: the usual word where the label is one for an emotion, itself otherwise. */
export function guessClasses(labels: readonly string[]): { classes: string[]; map: Record<string, string> } {
  const map: Record<string, string> = {};
  for (const label of labels) {
    const emotion = emotionOf(label) ?? label;
    if (!Object.keys(map).some((other) => labelForm(other) === labelForm(label))) map[label] = emotion;
  }
  return { classes: [...new Set(Object.values(map))], map };
}

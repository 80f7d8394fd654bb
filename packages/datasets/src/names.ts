import { byText } from './order';

/** Characters without a shape: zero-width spaces, soft hyphens, marks of direction, byte order marks. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/** Text of any column: in one Unicode form, without outer spaces. */
export const textForm = (text: string): string => text.trim().normalize('NFC');

/**
 * A name (speaker, session, split, id, label) in the form in which names are compared. In other text, characters without
 * a shape have a meaning: they divide Persian words and join emojis.
 */
export const nameForm = (text: string): string => textForm(text.replace(invisible, ''));

/** What in a name shows that its text was read with the wrong encoding; undefined for a good name. */
export function brokenIn(name: string): string | undefined {
  if (name.includes('\ufffd')) return 'a character that another program could not read (U+FFFD)';
  if (/\p{Cc}/u.test(name)) return 'a control character';
  return undefined;
}

/** A label in the form in which labels are compared: without outer spaces, case and Unicode variants. */
export const labelForm = (text: string): string => nameForm(text).toLowerCase();

/** What people write differently for one person: case, leading zeros, a number that became 3.0, spaces and signs. */
function looseForm(name: string): string {
  return name
    .normalize('NFKC')
    .toUpperCase() // ß becomes SS
    .toLowerCase()
    .replace(/[‘’`´]/g, "'")
    .replace(/^[^\p{L}\p{M}\p{N}]+(?=.)|(?<=.)[^\p{L}\p{M}\p{N}]+$/gu, '')
    .replace(/[\s_.\p{Pd}]*0*(\d+)(?:\.0+)?$/u, '$1')
    .replace(/(?<!\d)0+(?=\d)/g, '')
    .replace(/[\s_\p{Pd}]+/gu, ' ');
}

/** Names that differ, and may be the same person: a list for each. */
export function alikeNames(names: Iterable<string>): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of [...new Set(names)].sort(byText)) {
    const form = looseForm(name);
    groups.set(form, [...(groups.get(form) ?? []), name]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

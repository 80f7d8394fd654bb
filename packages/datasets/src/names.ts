import { byText } from './order';

/** A name (speaker, session, split, id, label) in the one Unicode form in which names are compared. */
export const nameForm = (text: string): string => text.trim().normalize('NFC');

/** A label in the form in which labels are compared: without outer spaces, case and Unicode variants. */
export const labelForm = (text: string): string => nameForm(text).toLowerCase();

/** What people write differently for one person: case, leading zeros, a number that became 3.0, spaces and signs. */
function looseForm(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.-]*0*(\d+)(?:\.0+)?$/, '$1')
    .replace(/[\s_-]+/g, ' ');
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

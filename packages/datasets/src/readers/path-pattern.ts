import { InputError, messageOf } from '@ser/files';
import { RE2JS } from 're2js';
import { nameForm } from '../names';

/** What a path says: the fields of the pattern it fits, and `file`, its name without folder and extension. */
export type PathFields = ReadonlyMap<string, string>;

/** The extensions of audio that can be read. */
const audioExtensions = ['wav', 'wave', 'w64', 'aif', 'aiff', 'aifc', 'flac', 'mp3', 'ogg', 'oga', 'opus'] as const;

/** Whether a file is audio by its name. */
export const isAudioPath = (path: string): boolean =>
  (audioExtensions as readonly string[]).includes(/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '');

/** A field of a pattern: the name of its group, and how it is spelt where the pattern lists its values. */
interface Field {
  readonly group: string;
  readonly name: string;
  readonly spelling: ReadonlyMap<string, string>;
}

/**
 * A function that reads a path (with `/`, relative to the corpus) by the first pattern that it fits.
 *
 * A pattern is the end of a path: `{speaker}_{sentence}_{label}.wav`, `{speaker}/{label}/*`. `{name}` is a run of
 * characters up to the character that follows it in the pattern, and never `/`; `{name:3}` three characters, `{name:##}`
 * two digits, `{name:a|b|sa}` one of these; `*` anything but `/`. A name that comes twice must have one value. Without
 * an extension it fits any audio file. Upper and lower case are the same.
 *
 * A regular expression has named groups, `(?<speaker>…)`. Both run on RE2, in time linear in the path: no pattern of a
 * card can make a program hang.
 *
 * @throws {InputError} for a pattern that is none.
 */
export function pathReader(
  patterns: readonly string[],
  regex: string | undefined,
  where: string,
): (path: string) => PathFields | undefined {
  const readers = patterns.map((pattern) => templateReader(pattern, where));
  if (regex !== undefined) readers.push(regexReader(regex, where));
  return (path) => {
    const normal = nameForm(path);
    for (const read of readers) {
      const fields = read(normal);
      if (fields) return fields.set('file', /([^/]*?)(?:\.[^./]*)?$/.exec(normal)?.[1] ?? normal);
    }
    return undefined;
  };
}

type Reader = (path: string) => Map<string, string> | undefined;

function regexReader(regex: string, where: string): Reader {
  const compiled = compile(`(?i)${regex}`, regex, where);
  const names = Object.keys(compiled.namedGroups());
  if (names.length === 0) {
    throw new InputError(`${where}: regex ${JSON.stringify(regex)} has no named group, such as (?<speaker>…)`);
  }
  return reader(
    compiled,
    names.map((name) => ({ group: name, name, spelling: new Map() })),
  );
}

function templateReader(pattern: string, where: string): Reader {
  const bad = (why: string): InputError => new InputError(`${where}: pattern ${JSON.stringify(pattern)}: ${why}`);
  const fields: Field[] = [];
  let source = '';
  const parts = nameForm(pattern).split(/(\{[^{}]*\}|\*)/);
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 0) {
      if (/[{}]/.test(part)) throw bad('a brace without its partner');
      source += RE2JS.quote(part);
      continue;
    }
    const next = (parts[i + 1] ?? '') === '' ? (i + 2 < parts.length ? undefined : '.') : parts[i + 1]?.[0];
    if (part === '*') {
      source += '[^/]*';
      continue;
    }
    const [, name, spec] = /^\{([A-Za-z]\w*)(?::(.+))?\}$/.exec(part) ?? [];
    if (name === undefined) throw bad(`${part}, expected {name}, {name:3}, {name:##} or {name:a|b}`);
    const group = `g${fields.length}`;
    const values = spec !== undefined && !/^(\d{1,3}|#+)$/.test(spec) ? spec.split('|') : [];
    fields.push({ group, name, spelling: new Map(values.map((value) => [value.toLowerCase(), value])) });
    source += `(?P<${group}>${fieldSource(spec, values, next, () => bad(`nothing says where ${part} ends: put a character or a width, {${name}:2}`))})`;
  }
  if (fields.length === 0) throw bad('no field, expected one such as {speaker} or {label}');
  const extension = /\.(\w+)$/.exec(parts.at(-1) ?? '')?.[1]?.toLowerCase();
  const open = extension === undefined || !(audioExtensions as readonly string[]).includes(extension);
  return reader(
    compile(`(?i)(?:^|/)${source}${open ? `\\.(?:${audioExtensions.join('|')})` : ''}$`, pattern, where),
    fields,
  );
}

function fieldSource(
  spec: string | undefined,
  values: readonly string[],
  next: string | undefined,
  endless: () => InputError,
): string {
  if (values.length > 0)
    return [...values]
      .sort((a, b) => b.length - a.length)
      .map((v) => RE2JS.quote(v))
      .join('|');
  if (spec?.startsWith('#')) return `[0-9]{${spec.length}}`;
  if (spec !== undefined) return `[^/]{${Number(spec)}}`;
  if (next === undefined) throw endless();
  return next === '/' ? '[^/]+' : `[^/${/[\]\\^-]/.test(next) ? `\\${next}` : next}]+`;
}

function reader(compiled: RE2JS, fields: readonly Field[]): Reader {
  return (path) => {
    const match = compiled.matcher(path);
    if (!match.find()) return undefined;
    const found = new Map<string, string>();
    for (const { group, name, spelling } of fields) {
      const text = match.group(group);
      if (text === null || text === undefined) continue;
      const value = spelling.get(text.toLowerCase()) ?? text;
      if (found.has(name) && found.get(name) !== value) return undefined;
      found.set(name, value);
    }
    return found;
  };
}

function compile(source: string, shown: string, where: string): RE2JS {
  // Repetitions are unrolled when they are compiled: a long one is refused there.
  if (source.length > 2000)
    throw new InputError(`${where}: a pattern of ${source.length} characters, expected at most 2000`);
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new InputError(`${where}: pattern ${JSON.stringify(shown)} cannot be read: ${messageOf(error)}`);
  }
}

/** Fills `{name}` in a text from fields; undefined when one is not there. */
export function fillTemplate(template: string, field: (name: string) => string | undefined): string | undefined {
  let complete = true;
  const filled = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = field(name);
    if (value === undefined) complete = false;
    return value ?? '';
  });
  return complete ? filled : undefined;
}

import type { TableData } from './table-data';

/** Markup that is safe to insert as it is. */
export class Markup {
  constructor(
    readonly text: string,
    /** The tables inside of it, in their order. */
    readonly tables: readonly TableData[] = [],
    /** Of a section: what links to it say. */
    readonly heading?: { readonly id: string; readonly title: string },
  ) {}
}

type Value = Markup | string | number | null | undefined | readonly Value[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag: every inserted string is escaped; nested markup, lists and nothing are not. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(
    parts.reduce((text, part, index) => text + render(values[index - 1]) + part),
    values.flatMap(tablesIn),
  );
}

function render(value: Value): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function tablesIn(value: Value): readonly TableData[] {
  if (value instanceof Markup) return value.tables;
  return typeof value === 'object' && value !== null ? value.flatMap(tablesIn) : [];
}

/** The text with the table between its marks; undefined where it has no marks. */
export function placeTable(text: string, table: string): string | undefined {
  const marks = /(<!-- gpu -->\n)[^]*?(<!-- \/gpu -->)/;
  return marks.test(text)
    ? text.replace(marks, (_, open: string, close: string) => `${open}\n${table}\n\n${close}`)
    : undefined;
}

/** A complete program printed in a README, with the line its block begins on. */
export interface Example {
  readonly line: number;
  readonly code: string;
}

/** Every block fenced as ```ts, in order. Blocks in other languages are not programs of ours. */
export function readmeExamples(markdown: string): Example[] {
  const examples: Example[] = [];
  let open: { line: number; fence: string; lines: string[]; ours: boolean } | undefined;
  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    const fence = /^(`{3,}|~{3,})\s*(\S*)/.exec(text);
    if (open && fence && fence[1]!.startsWith(open.fence) && !fence[2]) {
      if (open.ours) examples.push({ line: open.line, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open) {
      open.lines.push(text);
    } else if (fence) {
      open = { line: index + 1, fence: fence[1]!, lines: [], ours: fence[2] === 'ts' };
    }
  }
  return examples;
}

import { InputError, messageOf } from './input-error';
import { readTextIfThere } from './read-text';

/** Deeper JSON is no settings, card or record of ours, and code that walks it would run out of stack. */
const mostDepth = 200;

/**
 * Text as JSON.
 * @param where the file (and line), for the message
 * @throws {InputError} when it is not JSON, or deeper than any record is
 */
export function parseJson(text: string, where: string): unknown {
  if (depthOf(text) > mostDepth) throw new InputError(`${where}: JSON nested more than ${mostDepth} deep`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: not JSON: ${messageOf(error).split('\n', 1)[0]}`);
  }
}

/**
 * Reads a JSON file; undefined when there is none.
 * @throws {InputError} when it cannot be read or is not JSON
 */
export async function readJsonIfThere(path: string, limit?: number): Promise<unknown> {
  const text = await readTextIfThere(path, limit);
  return text === undefined ? undefined : parseJson(text, path);
}

/** How deep brackets are nested, outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: to its closing quote
        for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
        break;
      case 0x5b:
      case 0x7b:
        most = Math.max(most, ++depth);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
    }
  }
  return most;
}

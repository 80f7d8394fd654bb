import { homedir } from 'node:os';

/** `--weights=~/models`: a shell expands `~` at the start of a word only, not after the `=` of a flag. */
export function expandHome(args: readonly string[]): string[] {
  return args.map((arg) => arg.replace(/^(--[a-z-]+=)~(?=\/|$)/, (_, flag: string) => `${flag}${homedir()}`));
}

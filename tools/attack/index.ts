import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Attack, Outcome } from './attack';
import { groups } from './groups';
import { limits, victims, type Apart } from './run-apart';

/**
 * Gives hostile and damaged inputs to the parts of the program that read them, each under limits of time and memory. Every
 * one must be read or refused in one line; a crash, a hang, a stack trace or gigabytes are a defect. Ends with 1 if there
 * is one.
 *
 *   npm run attack                             all groups
 *   npm run attack -- encoders --sample=20     some attacks of one group
 */
const { values, positionals } = parseArgs({
  options: { sample: { type: 'string' }, verbose: { type: 'boolean' } },
  allowPositionals: true,
});
const sample = values.sample === undefined ? Infinity : Number(values.sample);
const names = positionals.length > 0 ? positionals : Object.keys(groups);
const unknown = names.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined || !(sample >= 1)) {
  console.error(`attack: expected groups of ${Object.keys(groups).join(', ')} and --sample of at least 1`);
  process.exit(2);
}

let defects = 0;
for (const name of names) defects += await attackAll(name, (await groups[name]?.()) ?? []);
process.exit(defects > 0 ? 1 : 0);

async function attackAll(group: string, attacks: readonly Attack[]): Promise<number> {
  const root = mkdtempSync(path.join(tmpdir(), 'ser-attack-'));
  const victim = victims(group);
  const counts = { read: 0, refused: 0, defect: 0 };
  let slowest = 0;
  let largest = 0;
  try {
    for (const index of chosen(attacks.length)) {
      const attack = attacks[index]!;
      const folder = path.join(root, String(index));
      mkdirSync(folder);
      await attack.write(folder);
      const apart = await victim.run({ index, folder });
      const fault = faultOf(attack, apart.outcome);
      counts[fault === undefined ? apart.outcome.kind : 'defect']++;
      slowest = Math.max(slowest, apart.seconds);
      largest = Math.max(largest, apart.megabytes ?? 0);
      if (fault !== undefined || values.verbose) console.log(line(attack, apart, fault));
      rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    victim.stop();
    rmSync(root, { recursive: true, force: true });
  }
  const { read, refused, defect } = counts;
  console.log(
    `${group}: ${read + refused + defect} attacks: ${refused} refused in one line, ${read} read, ${defect} defects; ` +
      `slowest ${slowest.toFixed(1)} s of ${limits.seconds}, largest ${largest} MB of ${limits.megabytes}`,
  );
  return defect;
}

/** Places spread over a group. */
function chosen(count: number): number[] {
  const size = Math.min(count, sample);
  return Array.from({ length: size }, (_, i) => Math.floor(((i + 0.5) * count) / size));
}

/** What is wrong with the way an attack ended; undefined when nothing is. */
function faultOf({ expect }: Attack, outcome: Outcome): string | undefined {
  if (outcome.kind === 'defect') return outcome.error;
  if (expect !== 'either' && outcome.kind !== expect) return `expected to be ${expect}`;
  if (outcome.kind === 'read') return undefined;
  if (/[\u0000-\u001f\u007f-\u009f]/.test(outcome.message)) return 'a message with control characters';
  return outcome.message.length > 2000 ? `a message of ${outcome.message.length} characters` : undefined;
}

function line({ name }: Attack, { outcome, seconds, megabytes }: Apart, fault: string | undefined): string {
  const end = outcome.kind === 'refused' ? `refused: ${outcome.message.slice(0, 300)}` : outcome.kind;
  return `${fault === undefined ? 'ok    ' : 'DEFECT'} ${name}: ${fault ?? ''} ${end} (${seconds.toFixed(1)} s, ${megabytes ?? '?'} MB)`;
}

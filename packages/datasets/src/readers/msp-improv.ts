import path from 'node:path';
import type { RawUtterance, Reading } from '../corpus';
import { InputError, readText } from '@ser/files';
import { findFiles } from './find-files';
import { isAudioPath } from './path-pattern';

/** Spelt so in the release; re-packs correct it. */
const labelFile = /(^|\/)Evalu(a)?tion\.txt$/i;
/** Sentence and intended emotion, speaker (gender and session), scenario type, turn. */
const utteranceId = /^S\d\d[AHNS]-([FM]\d\d)-([PRST])-[FM]{2}\d+$/;
/** UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:2.5; V:3.0; D:3.0 ; N:3.2; */
const summary = /^(?:UTD|MSP)-IMPROV-([^.;]+)\.(?:avi|wav)\s*;\s*([^;]*?)\s*;/;

const scenarios = {
  P: 'natural interaction',
  R: 'target read',
  S: 'other improvised',
  T: 'target improvised',
} as const;

/**
 * MSP-IMPROV: labels from `Evalution.txt`, which names videos; audio is `MSP-IMPROV-….wav` with the same rest, anywhere
 * below the folder (`session1/S01A/P/…`, with or without `Audio/` above, or all in one). All four scenario types count.
 */
export async function readMspImprov(root: string): Promise<Reading> {
  const files = await findFiles(root, (file) => labelFile.test(file) || isAudioPath(file));
  const lookedFor = 'Evalution.txt (or Evaluation.txt) and MSP-IMPROV-SxxE-Gnn-T-GGnn.wav, in this folder and below';
  const labels = files.find((file) => labelFile.test(file));
  if (labels === undefined) {
    throw new InputError(
      `${root}: no Evalution.txt, which holds the labels of MSP-IMPROV; looked for ${lookedFor}; ${files.length} audio files found`,
    );
  }
  const audio = new Map<string, string>();
  for (const file of files) {
    const [, id] = /^(?:MSP|UTD)-IMPROV-(.+)$/.exec(path.posix.parse(file).name) ?? [];
    if (id !== undefined && isAudioPath(file)) audio.set(id, file);
  }
  const utterances = new Map<string, RawUtterance>();
  const missing: string[] = [];
  const perScenario = new Map<string, number>();
  for (const [i, line] of (await readText(path.join(root, labels))).split(/\r?\n/).entries()) {
    // The raters' own lines follow each summary line.
    if (!/^(UTD|MSP)-IMPROV-/.test(line)) continue;
    const origin = `${labels}:${i + 1}`;
    const [, id = '', rawLabel = ''] = summary.exec(line) ?? [];
    const [, speaker = '', type = ''] = utteranceId.exec(id) ?? [];
    if (speaker === '')
      throw new InputError(`${path.join(root, origin)}: expected "UTD-IMPROV-S01A-F01-P-FM01.avi; label; …"`);
    if (utterances.has(id)) continue;
    const found = audio.get(id);
    if (found === undefined) {
      missing.push(`MSP-IMPROV-${id}`);
      continue;
    }
    const name = scenarios[type as keyof typeof scenarios];
    perScenario.set(name, (perScenario.get(name) ?? 0) + 1);
    utterances.set(id, {
      id: `MSP-IMPROV-${id}`,
      audio: path.join(root, found),
      rawLabels: [[rawLabel, 1]],
      speaker,
      session: String(Number(speaker.slice(1))),
      origin,
    });
  }
  const notes = [...perScenario].sort().map(([name, n]) => `${n} clips of scenario type "${name}"`);
  return { utterances: [...utterances.values()], lookedFor, notes, missing };
}

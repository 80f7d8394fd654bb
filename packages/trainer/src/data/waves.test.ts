import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spoken, writeWav } from '../testing/tiny-model';
import { loadWaves } from './waves';

const dir = mkdtempSync(join(tmpdir(), 'ser-waves-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('what is too short, or has no sample at all, is refused with the way to go on', async () => {
  const utterances = [0, 10, 800].map((samples) => {
    const audio = join(dir, `${samples}.wav`);
    writeWav(audio, spoken(samples));
    return { id: String(samples), audio, label: 'sad', speaker: 's' };
  });
  await expect(loadWaves(utterances, { trim: 'none', trimDb: 40, minSamples: 400 })).rejects.toThrow(
    [
      '2 of 3 audio files cannot be used:',
      `  ${join(dir, '0.wav')}: no audio in its data chunk; --allow-incomplete leaves it out`,
      `  ${join(dir, '10.wav')}: 10 samples at 16 kHz, expected at least 400; --allow-incomplete leaves it out`,
    ].join('\n'),
  );
});

// Stands in for your recordings: node record.mjs FOLDER writes FOLDER/SPEAKER/EMOTION-1.wav and so on.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const rate = 16_000;
const speakers = { ann: 210, ben: 120, cara: 190, dan: 105 };
const emotions = { calm: { rise: -0.1, beats: 2 }, excited: { rise: 0.5, beats: 6 } };

let state = 5;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

/** A second or so of a hummed voice: harmonics over a pitch that rises or falls, louder and softer in beats. */
function hum(pitch, { rise, beats }) {
  const seconds = 0.8 + 0.5 * random();
  const base = pitch * (0.9 + 0.2 * random());
  let phase = 0;
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) => {
    const t = n / rate / seconds;
    phase += (2 * Math.PI * base * (1 + rise * t)) / rate;
    const voice = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase);
    return 0.25 * voice * (0.6 + 0.4 * Math.sin(2 * Math.PI * beats * t)) + 0.02 * (random() - 0.5);
  });
}

/** 16-bit mono WAV. */
function wav(samples) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(2 * rate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((x, n) => bytes.writeInt16LE(Math.round(32767 * Math.max(-1, Math.min(1, x))), 44 + 2 * n));
  return bytes;
}

const folder = process.argv[2] ?? 'recordings';
for (const [speaker, pitch] of Object.entries(speakers)) {
  mkdirSync(path.join(folder, speaker), { recursive: true });
  for (const [emotion, how] of Object.entries(emotions)) {
    for (let take = 1; take <= 8; take++) {
      writeFileSync(path.join(folder, speaker, `${emotion}-${take}.wav`), wav(hum(pitch, how)));
    }
  }
}
console.log(`64 recordings of ${Object.keys(speakers).join(', ')} in ${folder}`);

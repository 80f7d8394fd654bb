import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wav from 'node-wav';
import { attendedUtterances, envelope, wavUri } from './attention';
import { embeddingMaps } from './embedding-maps';
import { readRun } from '../record/read-run';
import { writeSyntheticRun } from '../testing/synthetic-run';
import { writeReport } from './write-report';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ser-pictures-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('t-SNE of embeddings', () => {
  it('gives four maps, the same ones every time, and separates what training separated', async () => {
    const dirs = [join(root, 'one'), join(root, 'two')];
    for (const dir of dirs) await writeSyntheticRun(dir, { folds: 1, labels: ['a', 'b', 'c'], embeddings: 60 });
    const [one, two] = await Promise.all(dirs.map((dir) => embeddingMaps(join(dir, 'fold-1'), 1)));
    expect(one?.panels.map(({ stage, split }) => `${stage} ${split}`)).toEqual([
      'before train',
      'before test',
      'after train',
      'after test',
    ]);
    expect(two).toEqual(one);
    const [before, , after] = one?.panels ?? [];
    expect(after?.silhouette ?? 0).toBeGreaterThan((before?.silhouette ?? 1) + 0.2);
    expect(nearestShareLabel(after?.points ?? [])).toBeGreaterThan(0.95);
  });

  it('is computed once: a second report reads it, and new embeddings replace it', async () => {
    const dir = join(root, 'cache');
    await writeSyntheticRun(dir, { folds: 1, labels: ['a', 'b'], embeddings: 12 });
    const fold = join(dir, 'fold-1');
    const first = await embeddingMaps(fold, 1);
    const { mtimeMs } = await stat(join(fold, 'tsne.json'));
    expect(await embeddingMaps(fold, 1)).toEqual(first);
    expect((await stat(join(fold, 'tsne.json'))).mtimeMs).toBe(mtimeMs);
    const lines = (await readFile(join(fold, 'embeddings.jsonl'), 'utf8')).split('\n');
    await writeFile(join(fold, 'embeddings.jsonl'), lines.slice(1).join('\n'));
    expect((await embeddingMaps(fold, 1))?.panels[0]?.total).toBe(11);
    await writeFile(join(fold, 'tsne.json'), '{"key":');
    expect((await embeddingMaps(fold, 1))?.panels[0]?.total).toBe(11);
  });

  it('leaves out what has no map: too few vectors, or all the same', async () => {
    const dir = join(root, 'flat');
    await writeSyntheticRun(dir, { folds: 1, labels: ['a', 'b'] });
    const line = (stage: string, index: number): string =>
      `${JSON.stringify({ id: `u${index}`, stage, split: 'train', label: index % 2 ? 'a' : 'b', z: [1, 2, 3] })}\n`;
    const same = Array.from({ length: 20 }, (_, index) => line('before', index)).join('');
    await writeFile(join(dir, 'fold-1/embeddings.jsonl'), same + line('after', 0));
    const maps = await embeddingMaps(join(dir, 'fold-1'), 1);
    expect(
      maps?.panels.every(({ points }) => points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))),
    ).toBe(true);
    expect(maps?.panels.some(({ stage }) => stage === 'after')).toBe(false);
    await expect(writeReport(dir, { resamples: 10 })).resolves.toBeDefined();
  });

  it('names an embedding of another size', async () => {
    const dir = join(root, 'odd');
    await writeSyntheticRun(dir, { folds: 1, labels: ['a', 'b'] });
    const line = (id: string, z: number[]): string =>
      `${JSON.stringify({ id, stage: 'after', split: 'test', label: 'a', z })}\n`;
    await writeFile(join(dir, 'fold-1/embeddings.jsonl'), line('u1', [1, 2]) + line('u2', [1, 2, 3]));
    await expect(writeReport(dir)).rejects.toThrow('u2 has 3 dimensions, expected 2');
  });
});

describe('attention with sound', () => {
  const tone = Float32Array.from({ length: 8000 }, (_, index) => 0.5 * Math.sin(index / 9));

  it('shows at most six utterances and says why one has no sound', async () => {
    const dir = join(root, 'attention');
    await writeSyntheticRun(dir, { folds: 1, attention: 9 });
    const readAudio = async (path: string): Promise<Float32Array> => {
      if (path.endsWith('-2.wav')) throw new Error('the file is empty');
      return tone;
    };
    const { htmlPath } = await writeReport(dir, { resamples: 10, readAudio });
    const page = await readFile(htmlPath, 'utf8');
    expect(page.match(/<audio /g)).toHaveLength(5);
    expect(page).toContain('No sound: the file is empty');
  });

  it('passes the part of the file that the utterance is, and cuts long ones', async () => {
    const dir = join(root, 'parts');
    await writeSyntheticRun(dir, { folds: 1 });
    const lines = [
      { id: 'whole', audio: 'a.wav', frameRate: 50, weights: [1] },
      { id: 'part', audio: 'a.wav', start: 2, end: 30, frameRate: 50, weights: [1] },
    ];
    await writeFile(join(dir, 'fold-1/attention.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const asked: unknown[] = [];
    const shown = await attendedUtterances(await readRun(dir), async (_, part) => {
      asked.push(part);
      return new Float32Array(20 * 16_000);
    });
    expect(asked).toEqual([{}, { start: 2, end: 12 }]);
    expect(shown.map(({ samples }) => samples?.length)).toEqual([160_000, 160_000]);
  });

  it('writes WAV data that reads back, and an envelope that holds the extremes', () => {
    const bytes = Buffer.from(wavUri(tone).replace('data:audio/wav;base64,', ''), 'base64');
    const { sampleRate, channelData } = wav.decode(bytes);
    expect(sampleRate).toBe(16_000);
    expect(channelData[0]?.length).toBe(tone.length);
    expect(Math.abs((channelData[0]?.[100] ?? 0) - (tone[100] ?? 1))).toBeLessThan(1e-4);
    const bins = envelope(Float32Array.of(0, 0.5, -0.25, 0, 0, -1), 3);
    expect(bins).toEqual([
      { low: 0, high: 0.5 },
      { low: -0.25, high: 0 },
      { low: -1, high: 0 },
    ]);
    expect(envelope(new Float32Array(0), 2)).toEqual([
      { low: 0, high: 0 },
      { low: 0, high: 0 },
    ]);
  });
});

/** Share of points whose nearest neighbour has the same label. */
function nearestShareLabel(points: readonly { label: string; x: number; y: number }[]): number {
  const same = points.filter((point) => {
    const others = points.filter((other) => other !== point);
    const distance = (other: (typeof points)[number]): number => Math.hypot(other.x - point.x, other.y - point.y);
    const nearest = others.reduce((best, other) => (distance(other) < distance(best) ? other : best));
    return nearest.label === point.label;
  });
  return same.length / points.length;
}

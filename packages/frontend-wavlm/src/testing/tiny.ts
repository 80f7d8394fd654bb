import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export { seeded } from '../../../../tools/test-support/seeded';
export { tinyConfigs } from '../../../../tools/test-support/tiny-encoders';

/** Noise with a slow swell, so that frames differ. */
export function testWave(length: number, random: () => number): Float32Array {
  return Float32Array.from(
    { length },
    (_, n) => 0.3 * Math.sin(n / 17) * Math.sin(n / 900 + 1) + 0.1 * (random() - 0.5),
  );
}

/** Runs with a folder that is gone afterwards. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ser-test-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

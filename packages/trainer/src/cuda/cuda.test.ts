import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cardMemory, listCards, visibleCards } from './cards';
import { findProvider, pythonSites } from './find-provider';
import { bringProvider, hasProvider, libraryPath } from './link-provider';
import { reenter, withLibraries } from './reenter';

const root = mkdtempSync(join(tmpdir(), 'ser-cuda-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A virtual environment as pip leaves it, with empty libraries. */
function environment(name: string, version: string): string {
  const site = join(root, name, 'lib', 'python3.12', 'site-packages');
  const capi = join(site, 'onnxruntime', 'capi');
  for (const folder of [capi, join(site, `onnxruntime_gpu-${version}.dist-info`), join(site, 'nvidia', 'cudnn', 'lib')])
    mkdirSync(folder, { recursive: true });
  for (const library of ['cuda', 'shared']) writeFileSync(join(capi, `libonnxruntime_providers_${library}.so`), '');
  return join(root, name);
}

test('the provider is found in a virtual environment or its site-packages, with the CUDA libraries beside it', () => {
  const folder = environment('fits', '1.30.0');
  const site = join(folder, 'lib', 'python3.12', 'site-packages');
  for (const named of [folder, site]) {
    const { files, libraryPath: folders } = findProvider(named, '1.30.0');
    expect(files).toHaveLength(2);
    expect(files.every((file) => existsSync(file))).toBe(true);
    expect(folders).toEqual([join(site, 'nvidia', 'cudnn', 'lib')]);
  }
  expect(findProvider(join(site, 'onnxruntime', 'capi'), '1.30.0').files).toHaveLength(2);
});

test('another version, and a folder without it, end in one line with the command that helps', () => {
  const folder = environment('older', '1.29.1');
  expect(() => findProvider(folder, '1.30.0')).toThrow(
    /has onnxruntime-gpu 1\.29\.1, but onnxruntime-node is 1\.30\.0: pip install onnxruntime-gpu==1\.30\.0$/,
  );
  expect(() => findProvider(join(root, 'nowhere'), '1.30.0')).toThrow(/no libonnxruntime_providers_cuda\.so/);
});

test('it is linked beside the runtime once, and again where another is named', async () => {
  const folder = join(root, 'runtime');
  mkdirSync(folder);
  const runtime = { folder, version: '1.30.0' };
  expect(hasProvider(runtime)).toBe(false);
  const [first, second] = [environment('first', '1.30.0'), environment('second', '1.30.0')];
  await bringProvider(runtime, first);
  expect(hasProvider(runtime)).toBe(true);
  expect(libraryPath(runtime)).toHaveLength(1);
  const link = join(folder, 'libonnxruntime_providers_cuda.so');
  expect(readlinkSync(link)).toContain(join('first', 'lib'));
  await bringProvider(runtime, second);
  expect(readlinkSync(link)).toContain(join('second', 'lib'));
  await expect(bringProvider(runtime, join(root, 'nowhere'))).rejects.toThrow(/nowhere/);
});

test('a Python that is not there has no packages', async () => {
  expect(await pythonSites(join(root, 'no-python'))).toEqual([]);
});

test('libraries are put on the path once, before what is there', async () => {
  expect(withLibraries(['/a', '/b'], { LD_LIBRARY_PATH: '/c' })).toEqual({ LD_LIBRARY_PATH: '/a:/b:/c' });
  expect(withLibraries(['/a'], {})).toEqual({ LD_LIBRARY_PATH: '/a' });
  expect(withLibraries(['/a'], { LD_LIBRARY_PATH: '/c:/a' })).toBeNull();
  expect(withLibraries([], {})).toBeNull();
  const script = 'process.exit(process.env.LD_LIBRARY_PATH === "/a" ? 7 : 1)';
  expect(await reenter([process.execPath, '-e', script], { ...process.env, LD_LIBRARY_PATH: '/a' })).toBe(7);
});

test('cards are those of the driver, or of CUDA_VISIBLE_DEVICES', async () => {
  const command = join(root, 'nvidia-smi');
  writeFileSync(command, '#!/bin/sh\necho "0, NVIDIA H100, 580.82, 81559"\necho "1, NVIDIA H100, 580.82, 81559"\n');
  chmodSync(command, 0o755);
  const cards = await listCards(command);
  expect(cards[1]).toEqual({ index: '1', name: 'NVIDIA H100', driver: '580.82', memoryMiB: 81559 });
  expect(await listCards(join(root, 'no-smi'))).toEqual([]);
  expect(visibleCards(cards, undefined)).toEqual(['0', '1']);
  expect(visibleCards(cards, '3,GPU-5')).toEqual(['3', 'GPU-5']);
  expect(visibleCards(cards, '')).toEqual([]);
});

test('free memory is that of the first card that may be used', async () => {
  const command = join(root, 'nvidia-smi-memory');
  writeFileSync(command, '#!/bin/sh\n[ "$3" = --id=2 ] && echo "40960, 81559" || echo "1024, 81559"\n');
  chmodSync(command, 0o755);
  const before = process.env['CUDA_VISIBLE_DEVICES'];
  try {
    process.env['CUDA_VISIBLE_DEVICES'] = '2,3';
    expect(await cardMemory(command)).toEqual({ freeMiB: 40960, totalMiB: 81559 });
    delete process.env['CUDA_VISIBLE_DEVICES'];
    expect(await cardMemory(command)).toEqual({ freeMiB: 1024, totalMiB: 81559 });
    expect(await cardMemory(join(root, 'no-smi'))).toBeUndefined();
  } finally {
    if (before === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
    else process.env['CUDA_VISIBLE_DEVICES'] = before;
  }
});

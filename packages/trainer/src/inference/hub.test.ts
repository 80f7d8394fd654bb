import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hubServer, type HubServer } from '../testing/hub-server';
import { spoken, tinyModel, type TinyModel } from '../testing/tiny-model';
import { exportModel } from './export';
import { pullModel, pushModel } from './hub';
import { openRecognizer } from './open-recognizer';

const accessToken = 'hf_test';
let hub: HubServer;
let tiny: TinyModel;
let onnx: string;
let cache: string;
beforeAll(async () => {
  hub = await hubServer(accessToken);
  tiny = await tinyModel();
  onnx = join(tiny.dir, 'emotion.onnx');
  cache = join(tiny.dir, 'cache');
  await exportModel(tiny.dir, onnx);
}, 60_000);
afterAll(async () => {
  await hub.close();
  tiny.dispose();
  rmSync(tiny.dir, { recursive: true, force: true });
});

test('a model that was pushed is pulled, once, and gives the same numbers', async () => {
  const url = await pushModel('someone/emotion', onnx, { hubUrl: hub.url, accessToken });
  expect(url).toContain('/someone/emotion/commit/');
  const files = hub.repositories.get('someone/emotion');
  expect([...(files ?? [])].map(([name]) => name).sort()).toEqual(['README.md', 'emotion.json', 'emotion.onnx']);
  expect(files?.get('emotion.onnx')?.equals(readFileSync(onnx))).toBe(true);
  expect(files?.get('README.md')?.toString()).toContain('model-index:');

  const pulled = await pullModel('someone/emotion', { hubUrl: hub.url, cache });
  const [here, there] = [await openRecognizer(onnx), await openRecognizer(pulled)];
  const wave = spoken(8_000);
  expect((await there.recognize(wave)).probabilities).toEqual((await here.recognize(wave)).probabilities);
  expect(there.description).toEqual(here.description);
  await Promise.all([here.close(), there.close()]);

  const before = hub.requests.length;
  expect(await pullModel('someone/emotion', { hubUrl: hub.url, cache })).toBe(pulled);
  expect(hub.requests).toHaveLength(before);
});

test('what cannot be pushed or pulled says so in one line', async () => {
  const to = { hubUrl: hub.url, accessToken };
  await expect(pushModel('no-owner', onnx, to)).rejects.toThrow('no-owner: expected a name of the hub, OWNER/NAME');
  await expect(pushModel('someone/emotion', join(tiny.dir, 'none.onnx'), to)).rejects.toMatchObject({
    name: 'InputError',
  });
  await expect(pushModel('someone/other', onnx, { ...to, accessToken: 'hf_wrong' })).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(/^someone\/other: the hub answers: .*Invalid/) as string,
  });
  const changed = join(tiny.dir, 'changed.onnx');
  await exportModel(tiny.dir, changed);
  writeFileSync(changed, 'else');
  await expect(pushModel('someone/emotion', changed, to)).rejects.toThrow('4 bytes, its JSON says');
  await expect(pullModel('someone/nothing', { hubUrl: hub.url, cache })).rejects.toThrow(
    'someone/nothing: the hub answers',
  );
  await expect(
    pullModel('someone/emotion', { hubUrl: 'http://127.0.0.1:1', cache: join(cache, 'b') }),
  ).rejects.toMatchObject({
    name: 'InputError',
  });
});

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { Archive } from '../card';
import { card } from '../cards';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { toneWav } from '../testing/wav-bytes';
import { getCorpus } from './get-corpus';
import { unpack } from './unpack';

let server: Server;
let body: Buffer;
const ranges: (string | undefined)[] = [];
const quick = { pause: 1, stall: 20_000 };

beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    serve(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  ranges.length = 0;
  body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  removeTemporaryFolders();
});

/** As a file server answers, ranges included. */
function serve(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = { 'content-length': content.length - from };
  if (from > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` });
  else response.writeHead(200, headers);
  response.end(content.subarray(from));
}

function archive(content = body): Archive {
  const { port } = server.address() as AddressInfo;
  const value = createHash('md5').update(content).digest('hex');
  return {
    file: 'a.zip',
    url: `http://127.0.0.1:${port}/a.zip`,
    bytes: content.length,
    checksum: { algorithm: 'md5', value },
  };
}

async function zip(files: Readonly<Record<string, Buffer>>, mode?: number): Promise<Buffer> {
  const made = new ZipFile();
  for (const [name, content] of Object.entries(files))
    made.addBuffer(content, name, mode === undefined ? {} : { mode });
  made.end();
  return buffer(made.outputStream);
}

/** The same archive with a name that no honest tool writes. */
function rename(archive: Buffer, from: string, to: string): Buffer {
  expect(from).toHaveLength(to.length);
  return Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1');
}

describe('unpack', () => {
  const put = (content: Buffer): string => {
    const file = path.join(temporaryFolder(), 'a.zip');
    writeFileSync(file, content);
    return file;
  };

  test('folders and files', async () => {
    const folder = temporaryFolder();
    await unpack(put(await zip({ 'Actor_01/a.wav': toneWav(), 'Actor_02/b.wav': toneWav(300) })), folder);
    expect(readdirSync(folder)).toEqual(['Actor_01', 'Actor_02']);
    expect(readFileSync(path.join(folder, 'Actor_02/b.wav')).equals(toneWav(300))).toBe(true);
  });

  test.each([
    ['../', 'xx/../../evil.txt'],
    ['an absolute path', '/tmp/abcd/evil.txt'],
    ['backslashes', 'xx\\..\\..\\evil.txt'],
    ['a drive', 'C:/xx/xxxx/evil.txt'],
  ])('a name that leads out of the folder (%s) leaves nothing behind', async (_name, evil) => {
    const honest = 'Actor_99/'.padEnd(evil.length - 4, 'x') + '.txt';
    const bytes = rename(await zip({ 'Actor_01/a.wav': toneWav(), [honest]: Buffer.from('evil') }), honest, evil);
    const parent = temporaryFolder();
    const folder = path.join(parent, 'in', 'here');
    await expect(unpack(put(bytes), folder)).rejects.toMatchObject({ name: 'InputError' });
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(path.join(parent, 'in'))).toEqual(['here']);
    expect(existsSync(path.join(parent, 'evil.txt'))).toBe(false);
  });

  test('a link, a damaged entry, something else', async () => {
    const folder = temporaryFolder();
    await expect(unpack(put(await zip({ 'a/link': Buffer.from('/etc/passwd') }, 0o120777)), folder)).rejects.toThrow(
      /entry a\/link is a link/,
    );
    const damaged = await zip({ 'a/b.bin': Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 256)) });
    damaged.fill(0, 40, 60);
    await expect(unpack(put(damaged), folder)).rejects.toMatchObject({ name: 'InputError' });
    await expect(unpack(put(Buffer.from('hello')), folder)).rejects.toThrow(/not a zip file/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an archive that says it unpacks to a thousand times its size', async () => {
    const bomb = await zip({ 'a/zeros': Buffer.alloc(1000) });
    bomb.writeUInt32LE(0x7fffffff, bomb.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    await expect(unpack(put(bomb), temporaryFolder())).rejects.toThrow(
      /a\/zeros unpacks to 2147483647 bytes, which no corpus does/,
    );
  });

  test('what is there already is not overwritten', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'notes.txt'), 'mine');
    await expect(unpack(put(await zip({ 'notes.txt': Buffer.from('theirs') })), folder)).rejects.toThrow(
      /notes.txt: is there already/,
    );
    expect(readFileSync(path.join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('get', () => {
  test('an open corpus is downloaded, checked, unpacked, and counted; a second time it is there', async () => {
    const names = ['01', '05'].flatMap((emotion) =>
      ['01', '02'].map((actor) => `Actor_${actor}/03-01-${emotion}-01-01-01-${actor}.wav`),
    );
    body = await zip(Object.fromEntries(names.map((name, i) => [name, toneWav(200 + 10 * i)])));
    const own = {
      ...card('ravdess'),
      name: 'small',
      source: { citation: 'us', archives: [archive()] },
      labels: { classes: ['neutral', 'angry'], map: { '01': 'neutral', '05': 'angry' } },
      folds: { by: 'speaker' },
      expected: { utterances: 4 },
    };
    const file = path.join(temporaryFolder(), 'small.json');
    writeFileSync(file, JSON.stringify(own));
    const dir = path.join(temporaryFolder(), 'new');
    expect((await getCorpus(file, dir, quick))[0]).toBe(`small: 4 utterances in ${dir}`);
    ranges.length = 0;
    expect(await getCorpus(file, dir, quick)).toEqual([`small is in ${dir} already`]);
    expect(ranges).toEqual([]);
  });

  test('a file on the server that is not the one of the card is given up at once', async () => {
    body = await zip({ 'Actor_01/03-01-01-01-01-01-01.wav': toneWav() });
    const source = { citation: 'us', archives: [archive()] };
    body = Buffer.concat([body, body]);
    const file = path.join(temporaryFolder(), 'small.json');
    writeFileSync(file, JSON.stringify({ ...card('ravdess'), name: 'small', source }));
    await expect(getCorpus(file, path.join(temporaryFolder(), 'new'), quick)).rejects.toThrow(/another file/);
    expect(ranges).toHaveLength(1);
  });

  test.each(['iemocap', 'msp-improv', 'savee'])('%s: where to ask and what to unpack where', async (name) => {
    const text = (await getCorpus(name, undefined)).join('\n');
    for (const part of [
      /^licence: /m,
      /^ask: .*https?:/m,
      /^unpack: /m,
      new RegExp(`ser data check ${name} --data-dir`),
      /^cite: /m,
    ])
      expect(text).toMatch(part);
  });

  test('no folder', async () => {
    await expect(getCorpus('ravdess', undefined)).rejects.toThrow(/no folder given, expected --data-dir/);
  });
});

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download, type DownloadProgress, type Source } from './download';

const root = mkdtempSync(join(tmpdir(), 'ser-download-'));
const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
const checksum = { algorithm: 'sha256', value: createHash('sha256').update(content).digest('hex') };
let stored = 0;
const quick = {
  attempts: 2,
  pause: 1,
  stall: 300,
  onProgress: ({ received }: DownloadProgress): void => {
    stored = received;
  },
};

let server: Server;
let answer: RequestListener;
beforeAll(async () => {
  server = createServer((request, response) => {
    stored = 0;
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});
const source = (): Source => {
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/a.bin`, name: 'a.bin', bytes: content.length, checksum };
};
let count = 0;
const fresh = (): string => join(root, String(count++), 'a.bin');

/** Breaks the connection off once the client has stored this many bytes: what is on its way may get lost. */
function breakOff(response: ServerResponse, bytes: number): void {
  if (stored >= bytes) response.destroy();
  else setTimeout(() => breakOff(response, bytes), 5);
}

/** Sends from where the client asks, and breaks off after `most` bytes. */
const resuming =
  (most: number): RequestListener =>
  (request, response) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    response.write(content.subarray(start, start + most), () => {
      if (start + most < content.length) breakOff(response, start + most);
      else response.end();
    });
  };

test('a download that is cut off again and again ends with the whole file', async () => {
  answer = resuming(15_000);
  const target = fresh();
  const seen: number[] = [];
  const onProgress = (progress: DownloadProgress): void => {
    quick.onProgress(progress);
    seen.push(progress.received);
  };
  await download(source(), target, { ...quick, onProgress });
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(readdirSync(join(target, '..'))).toEqual(['a.bin']);
  expect(seen.at(-1)).toBe(content.length);
  expect([...seen].sort((a, b) => a - b)).toEqual(seen);
});

test('a server without ranges starts over; the next process goes on with what is there', async () => {
  const target = fresh();
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 100), () => breakOff(response, 100));
  };
  await expect(download(source(), target, quick)).rejects.toThrow(/100 of 50000 bytes are here/);
  answer = resuming(content.length);
  await download(source(), target, quick);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test.each<[string, RequestListener, RegExp]>([
  [
    'another size',
    (_, r) => r.writeHead(200, { 'content-length': 10 }).end(content.subarray(0, 10)),
    /has 10 bytes, expected 50000/,
  ],
  ['another content', (_, r) => r.end(Buffer.alloc(content.length)), /its sha256 is .* it was deleted/],
  ['no such file', (_, r) => r.writeHead(404).end(), /answered 404/],
  ['silence', () => undefined, /nothing came for 0.3 s/],
  [
    'an endless file',
    (_, r) => {
      r.on('error', () => undefined);
      const more = (): void => void (r.destroyed || r.write(content, more));
      more();
    },
    /longer than the 50000 bytes/,
  ],
  ['faults', (_, r) => r.writeHead(503).end(), /answered 503/],
])('%s ends in one line, and nothing has the name of the file', async (_, listener, message) => {
  answer = listener;
  const target = fresh();
  await expect(download(source(), target, quick)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(message),
  });
  expect(existsSync(target)).toBe(false);
});

test('what is there and right is not asked for again; what is damaged is', async () => {
  const target = fresh();
  let asked = 0;
  answer = (request, response) => {
    asked++;
    resuming(content.length)(request, response);
  };
  await download(source(), target, quick);
  await download(source(), target, quick);
  expect(asked).toBe(1);
  writeFileSync(target, Buffer.alloc(content.length));
  await download(source(), target, quick);
  expect(asked).toBe(2);
  expect(readFileSync(target).equals(content)).toBe(true);
});

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Recognizer } from '@ser/recognize';
import { build } from 'esbuild';
import { encode } from 'node-wav';
import { chromium, type Browser, type Page } from 'playwright-core';
import { describeIf } from '../../../../tools/test-support/describe-if';
import { exportModel } from '../inference/export';
import { openRecognizer } from '../inference/open-recognizer';
import { snippets } from '../inference/snippets';
import { chromiumFlags, chromiumPath } from '../testing/chromium';
import { spoken, tinyModel, writeWav, type TinyModel } from '../testing/tiny-model';
import { writePlayground } from './playground';
import { serveModel, type Served } from './server';

let tiny: TinyModel;
let dir: string;
let onnx: string;
let recognizer: Recognizer;
let served: Served;
beforeAll(async () => {
  tiny = await tinyModel({ trim: 'silence' });
  ({ dir } = tiny);
  onnx = join(dir, 'emotion.onnx');
  await exportModel(dir, onnx, { window: 2 });
  recognizer = await openRecognizer(onnx);
  served = await serveModel(recognizer, { port: 0, mostBytes: 1e6 });
}, 120_000);
afterAll(async () => {
  await served.close();
  await recognizer.close();
  tiny.dispose();
  rmSync(dir, { recursive: true, force: true });
});

describe('the server', () => {
  /** Node's own client: fetch does not let a test choose its host. */
  const ask = (
    path: string,
    headers: Record<string, string> = {},
    body?: Uint8Array,
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(served.url);
      const sent = httpRequest(
        { host: '127.0.0.1', port, path, method: body ? 'POST' : 'GET', headers },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  test('answers a program with the numbers of ser predict: a WAV file, or samples', async () => {
    const wave = spoken(20_000, 3_000);
    writeWav(join(dir, 'voice.wav'), wave);
    const expected = await recognizer.recognize(join(dir, 'voice.wav'));
    const file = await ask('/api/recognize', { 'content-type': 'audio/wav' }, readFileSync(join(dir, 'voice.wav')));
    expect(file.status).toBe(200);
    expect(JSON.parse(file.text)).toMatchObject({ label: expected.label, probabilities: expected.probabilities });
    const samples = await ask(
      '/api/recognize',
      { 'content-type': 'application/octet-stream' },
      new Uint8Array(wave.buffer),
    );
    expect(JSON.parse(samples.text)).toMatchObject({ label: (await recognizer.recognize(wave)).label });
  });

  test('says what is wrong with a recording, and goes on', async () => {
    expect(await ask('/api/recognize', {}, Buffer.from('no sound'))).toMatchObject({
      status: 422,
      text: expect.stringContaining('expected WAV') as string,
    });
    const samples = { 'content-type': 'application/octet-stream' };
    expect((await ask('/api/recognize', samples, Buffer.alloc(400))).text).toContain('0.006 s of sound');
    expect((await ask('/api/recognize', samples, Buffer.alloc(7))).status).toBe(422);
    expect((await ask('/api/recognize')).status).toBe(405);
    expect((await ask('/etc/passwd')).status).toBe(404);
    expect((await ask('/')).status).toBe(200);
  });

  test('refuses pages of others, names that others point here, and what is too large', async () => {
    const { host } = new URL(served.url);
    const sound = Buffer.alloc(4_000);
    expect((await ask('/model.json', { origin: 'https://example.org' })).status).toBe(403);
    expect((await ask('/api/recognize', { origin: 'null' }, sound)).status).toBe(403);
    expect((await ask('/api/recognize', { 'sec-fetch-site': 'cross-site' }, sound)).status).toBe(403);
    expect((await ask('/model.json', { host: 'example.org' })).status).toBe(403);
    expect((await ask('/model.json', { host: `rebound.example:${new URL(served.url).port}` })).status).toBe(403);
    expect((await ask('/model.json', { host, origin: `http://${host}` })).status).toBe(200);
    expect((await ask('/model.json', { host: host.replace('127.0.0.1', 'localhost') })).status).toBe(200);
    const large = { 'content-type': 'application/octet-stream', 'content-length': '2000000' };
    // The server closes before the rest is sent; its answer may or may not be read by then.
    const answer = await ask('/api/recognize', large, Buffer.alloc(2e6)).catch(() => ({ status: 413, text: '' }));
    expect(answer.status).toBe(413);
    expect((await ask('/model.json')).status).toBe(200);
  });

  test('a port that is taken is named', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serveModel(recognizer, { port })).rejects.toThrow(`port ${port}: cannot be listened on (EADDRINUSE)`);
  });
});

test('a playground is not written over something else', async () => {
  mkdirSync(join(dir, 'other'));
  writeFileSync(join(dir, 'other', 'mine.txt'), '');
  await expect(writePlayground(onnx, join(dir, 'other'))).rejects.toThrow('holds other files');
  await expect(writePlayground(join(dir, 'none.onnx'), join(dir, 'site'))).rejects.toMatchObject({
    name: 'InputError',
  });
});

describeIf(chromiumPath !== undefined, 'the page in a browser: no Chromium found (apt-get install chromium)')(
  'in a browser',
  () => {
    let browser: Browser;
    let files: Server;
    let site: string;
    beforeAll(async () => {
      // What the microphone hears: a second of voice, a second of silence, at the rate of a sound card.
      const voice = Float32Array.from({ length: 96_000 }, (_, i) => (i < 48_000 ? 0.3 * Math.sin(i / 27) : 0));
      writeFileSync(join(dir, 'microphone.wav'), encode([voice], { sampleRate: 48_000, float: false, bitDepth: 16 }));
      writeWav(join(dir, 'short.wav'), spoken(20_000, 3_000));
      writeWav(join(dir, 'long.wav'), spoken(80_000, 4_000));
      await writePlayground(onnx, join(dir, 'site'));
      await writePlayground(onnx, join(dir, 'site')); // over itself
      files = await staticServer(dir);
      site = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
      browser = await chromium.launch({
        executablePath: chromiumPath ?? '',
        args: chromiumFlags(join(dir, 'microphone.wav')),
      });
    }, 120_000);
    afterAll(async () => {
      await browser.close();
      await new Promise((resolve) => files.close(resolve));
    });

    async function openPage(url: string): Promise<{ page: Page; problems: string[] }> {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (
          !request.url().startsWith('data:') &&
          !request.url().startsWith('blob:') &&
          new URL(request.url()).origin !== new URL(url).origin
        )
          problems.push(request.url());
      });
      await page.goto(url);
      await page.waitForSelector('body[data-ready=yes]', { timeout: 60_000 });
      return { page, problems };
    }

    test.each(['serve', 'playground'])(
      'ser %s gives the numbers of ser predict for dropped files',
      async (name) => {
        const { page, problems } = await openPage(name === 'serve' ? served.url : `${site}/site/index.html`);
        for (const file of ['short.wav', 'long.wav']) {
          await page.setInputFiles('#choose', join(dir, file));
          await page.waitForSelector('body[data-done=yes]');
          const shown = JSON.parse((await page.getAttribute('body', 'data-probabilities')) ?? '{}') as Record<
            string,
            number
          >;
          const { label, probabilities } = await recognizer.recognize(join(dir, file));
          expect(await page.textContent('#label')).toBe(label);
          for (const [key, p] of Object.entries(probabilities))
            expect(Math.abs((shown[key] ?? NaN) - p)).toBeLessThan(1e-5);
          await page.evaluate("document.body.removeAttribute('data-done')");
        }
        await page.setInputFiles('#choose', {
          name: 'text.wav',
          mimeType: 'audio/wav',
          buffer: Buffer.from('no sound'),
        });
        await page.waitForSelector('#status.error');
        expect(await page.textContent('#status')).toContain('text.wav: the browser cannot read this sound');
        expect(await page.locator('#files tbody tr').count()).toBe(2);
        // The pictures show something: the waveform is not one colour.
        const colors = await page.evaluate(
          "(() => { const c = document.getElementById('wave'); return new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size; })()",
        );
        expect(colors).toBeGreaterThan(3);
        expect(problems).toEqual([]);
        await page.close();
      },
      90_000,
    );

    test.each(['serve', 'playground'])(
      'ser %s listens to the microphone',
      async (name) => {
        const { page, problems } = await openPage(name === 'serve' ? served.url : `${site}/site/index.html`);
        await page.click('#speak');
        await page.waitForSelector('body[data-latency]', { timeout: 30_000 });
        await page.waitForTimeout(2_000);
        expect(['calm', 'angry', 'sad']).toContain(await page.textContent('#label'));
        expect(Number(await page.getAttribute('body', 'data-latency'))).toBeLessThan(2_000);
        await page.click('#speak');
        await page.waitForSelector('#files tbody tr');
        expect(await page.textContent('#speak')).toBe('Speak');
        expect(problems).toEqual([]);
        await page.close();
      },
      90_000,
    );

    test("the card's page runs as it stands", async () => {
      const modules = join(dir, 'node_modules');
      await build({
        entryPoints: [join(__dirname, '..', '..', '..', 'recognize', 'src', 'browser.ts')],
        outfile: join(modules, '@ser', 'recognize', 'dist', 'browser.mjs'),
        bundle: true,
        format: 'esm',
        external: ['onnxruntime-web'],
      });
      const page = await browser.newPage();
      writeFileSync(join(dir, 'card.html'), snippets('emotion').page);
      await page.goto(`${site}/card.html`);
      await page.setInputFiles('input', join(dir, 'short.wav'));
      await page.waitForFunction("document.querySelector('pre').textContent !== ''");
      const shown = JSON.parse((await page.textContent('pre')) ?? '') as Pick<
        Awaited<ReturnType<Recognizer['recognize']>>,
        'label' | 'probabilities'
      >;
      const { label, probabilities } = await recognizer.recognize(join(dir, 'short.wav'));
      expect(shown.label).toBe(label);
      for (const [key, p] of Object.entries(probabilities))
        expect(Math.abs((shown.probabilities[key] ?? NaN) - p)).toBeLessThan(1e-5);
      await page.close();
    }, 60_000);
  },
);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Files as any web server gives them; what the folder lacks of node_modules, from the workspace. */
async function staticServer(folder: string): Promise<Server> {
  const workspace = join(__dirname, '..', '..', '..', '..');
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = [folder, workspace]
      .map((root) => join(root, path))
      .find((name) => existsSync(name) && statSync(name).isFile());
    response.writeHead(file ? 200 : 404, { 'content-type': types[extname(path)] ?? 'application/octet-stream' });
    response.end(file ? readFileSync(file) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

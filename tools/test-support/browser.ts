/** Opens a page in headless Chromium: its scripts bundled, everything served from this machine. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

export const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => existsSync(file),
);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** The files that ONNX Runtime loads in a page, by their address. */
export function runtimeFiles(): Record<string, string> {
  const folder = path.dirname(createRequire(path.resolve('package.json')).resolve('onnxruntime-web/webgpu'));
  const names = ['ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'];
  return Object.fromEntries(names.map((name) => [`/${name}`, path.join(folder, name)]));
}

/** With these, Chromium has WebGPU without a GPU: slow, and right. */
export const webgpuWithoutGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan,WebGPU',
  '--use-vulkan=swiftshader',
];

export interface PageOptions {
  /** The script of the page, in the folder; page.js when absent. */
  readonly script?: string;
  /** What follows the `?` of its address. */
  readonly query?: string;
  /** Arguments of Chromium in place of `--disable-gpu`. */
  readonly args?: readonly string[];
  /** How long the page may take; a minute when absent. */
  readonly seconds?: number;
}

/**
 * Serves `index.html` and a bundle of its script as `page.js` from a folder, waits until the page's title is `done`, and
 * returns the text of its `<pre>`. The page is isolated from other origins, so that it may use threads.
 *
 * @param files other files to serve, by their address
 * @throws Error with what the page printed, for an error in the page or after a minute
 */
export async function runPage(
  folder: string,
  files: Readonly<Record<string, string>> = {},
  { script = 'page.js', query = '', args = ['--disable-gpu'], seconds = 60 }: PageOptions = {},
): Promise<string> {
  const bundle = await build({
    entryPoints: [path.join(folder, script)],
    conditions: ['@ser/source'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const paths: Readonly<Record<string, string>> = { '/': path.join(folder, 'index.html'), ...files };
  const server = createServer((request, response) => {
    const url = (request.url ?? '/').split('?')[0]!;
    const type = types[path.extname(url === '/' ? paths['/']! : url)] ?? 'application/octet-stream';
    const found = url === '/page.js' ? Promise.resolve(bundle.outputFiles[0]!.contents) : readFile(paths[url] ?? '');
    found.then(
      (content) => response.writeHead(200, { 'content-type': type, ...isolated }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...args] });
  try {
    const page = await browser.newPage();
    const printed: string[] = [];
    const failed = new Promise<never>((_, reject) => {
      page.on('pageerror', (error) => {
        reject(new Error([error.message, ...printed].join('\n')));
      });
    });
    failed.catch(() => undefined); // it may fail before anybody waits for it
    page.on('console', (message) => printed.push(message.text()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`);
    await Promise.race([
      page.waitForFunction('document.title === "done"', undefined, { timeout: seconds * 1000 }),
      failed,
    ]);
    return (await page.textContent('pre')) ?? '';
  } finally {
    await browser.close();
    server.close();
  }
}

/** Opens a page of an example in headless Chromium: its scripts bundled, everything served from this machine. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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

/**
 * Serves `index.html` and a bundle of `page.js` from a folder, waits until the page's title is `done`, and returns the
 * text of its `<pre>`.
 *
 * @param files other files to serve, by their address
 * @throws Error with what the page printed, for an error in the page or after a minute
 */
export async function runPage(folder: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const bundle = await build({
    entryPoints: [path.join(folder, 'page.js')],
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
      (content) => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
  try {
    const page = await browser.newPage();
    const printed: string[] = [];
    const failed = new Promise<never>((_, reject) => {
      page.on('pageerror', (error) => {
        reject(new Error([error.message, ...printed].join('\n')));
      });
    });
    page.on('console', (message) => printed.push(message.text()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await Promise.race([page.waitForFunction('document.title === "done"', undefined, { timeout: 60_000 }), failed]);
    return (await page.textContent('pre')) ?? '';
  } finally {
    await browser.close();
    server.close();
  }
}

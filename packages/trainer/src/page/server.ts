import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError, isInputError } from '@ser/files';
import type { Recognizer } from '@ser/recognize';
import { captureScript } from './capture';
import { toWire } from './client/wire';
import { pageHtml, serverPolicy } from './html';
import { pageScript } from './script';
import { style } from './style';

export interface ServeOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Largest request, in bytes. */
  readonly mostBytes?: number;
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Half an hour of float32 samples at 16 kHz. */
const usualMost = 30 * 60 * 16_000 * 4;

/**
 * Serves a model to this computer: the page, and `POST /api/recognize` with a WAV or FLAC file, or (as
 * `application/octet-stream`) with float32 samples at the model's rate; the answer is JSON.
 *
 * Only this computer reaches it, and of what runs there no page of another origin: the address is the loopback one, and
 * a request must name it as its host, so that a name which somebody else points here does not pass, and as its origin,
 * if it has one.
 *
 * @throws {InputError} when the port is in use
 */
export async function serveModel(recognizer: Recognizer, options: ServeOptions): Promise<Served> {
  const { mostBytes = usualMost } = options;
  const server = createServer((request, response) => {
    answer(recognizer, request, response, mostBytes).catch((error: unknown) => {
      if (isInputError(error)) return send(response, 422, json({ error: error.message }));
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      send(response, 500, json({ error: 'the program has a defect; see its output' }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new InputError(`port ${options.port}: cannot be listened on (${error.code ?? error.message})`)),
    );
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => closed(server) };
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface Content {
  readonly type: string;
  readonly body: string | Uint8Array;
}

const json = (value: unknown): Content => ({ type: 'application/json', body: JSON.stringify(value) });

async function answer(
  recognizer: Recognizer,
  request: IncomingMessage,
  response: ServerResponse,
  mostBytes: number,
): Promise<void> {
  if (!isOwn(request)) return send(response, 403, json({ error: 'only pages of this server may ask' }));
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/api/recognize') {
    if (request.method !== 'POST') return send(response, 405, json({ error: 'expected POST' }), { allow: 'POST' });
    const body = await bodyOf(request, mostBytes);
    if (!body) {
      response.setHeader('connection', 'close');
      return send(response, 413, json({ error: `more than ${mostBytes} bytes` }));
    }
    const isSamples = request.headers['content-type'] === 'application/octet-stream';
    if (isSamples && body.length % 4 !== 0) return send(response, 422, json({ error: 'expected float32 samples' }));
    const sound = isSamples ? new Float32Array(new Uint8Array(body).buffer) : new Uint8Array(body);
    return send(response, 200, json(toWire(await recognizer.recognize(sound))));
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, json({ error: 'expected GET' }), { allow: 'GET, HEAD' });
  const file = await pageFile(recognizer, path);
  return file ? send(response, 200, file) : send(response, 404, json({ error: 'nothing there' }));
}

async function pageFile({ description }: Recognizer, path: string): Promise<Content | undefined> {
  switch (path) {
    case '/':
      return { type: 'text/html; charset=utf-8', body: pageHtml(description, { backend: 'server' }) };
    case '/page.js':
      return { type: 'text/javascript; charset=utf-8', body: await pageScript() };
    case '/capture.js':
      return { type: 'text/javascript; charset=utf-8', body: captureScript };
    case '/page.css':
      return { type: 'text/css; charset=utf-8', body: style };
    case '/model.json':
      return json(description);
    default:
      return undefined;
  }
}

/** Whether a request comes to this server by its own name, and from none but its own pages. */
function isOwn({ headers, socket }: IncomingMessage): boolean {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${socket.localPort}`);
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  return (
    hosts.includes(host) &&
    (origin === undefined || origin === `http://${host}`) &&
    (site === undefined || site === 'same-origin' || site === 'none')
  );
}

/** The whole body; undefined when it is larger than allowed, of which no more than that is read. */
async function bodyOf(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  status: number,
  { type, body }: Content,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'content-security-policy': serverPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

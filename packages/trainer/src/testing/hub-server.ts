import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** For tests: a server with the addresses of the Hugging Face hub that an upload and a download ask for. */
export interface HubServer {
  readonly url: string;
  /** Files of each repository, by `owner/name`. */
  readonly repositories: ReadonlyMap<string, ReadonlyMap<string, Buffer>>;
  /** Method and path of every request. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** A commit is one JSON object a line: a header, then files. */
interface CommitLine {
  readonly key: string;
  readonly value: { readonly path: string; readonly content?: string; readonly oid?: string };
}

/** @param token who may write */
export async function hubServer(token: string): Promise<HubServer> {
  const repositories = new Map<string, Map<string, Buffer>>();
  const large = new Map<string, Buffer>();
  const requests: string[] = [];

  const route = async (
    request: IncomingMessage,
    url: URL,
  ): Promise<{ status: number; body?: unknown; bytes?: Buffer }> => {
    const path = decodeURIComponent(url.pathname);
    const body = await buffer(request);
    const json = (): Record<string, unknown> => JSON.parse(body.toString()) as Record<string, unknown>;
    if (
      request.method !== 'GET' &&
      request.method !== 'HEAD' &&
      !path.startsWith('/large/') &&
      request.headers.authorization !== `Bearer ${token}`
    )
      return { status: 401, body: { error: 'Invalid username or password.' } };
    if (path === '/api/repos/create') {
      const { name, organization } = json();
      repositories.set(organization ? `${String(organization)}/${String(name)}` : String(name), new Map());
      return { status: 200, body: { url: `${url.origin}/${String(name)}` } };
    }
    if (path.startsWith('/large/')) {
      large.set(path.slice('/large/'.length), body);
      return { status: 200 };
    }
    const [, id = '', rest = ''] = /^\/(?:api\/models\/)?([\w.-]+\/[\w-]+)(?:\.git)?(.*)$/.exec(path) ?? [];
    const files = repositories.get(id);
    if (!files) return { status: 404, body: { error: 'Repository not found' } };
    if (rest === '') return { status: 200, body: { id } };
    if (rest === '/preupload/main') {
      const { files: asked } = json() as { files: { path: string }[] };
      const modes = asked.map((file) => ({
        path: file.path,
        uploadMode: file.path.endsWith('.onnx') ? 'lfs' : 'regular',
      }));
      return { status: 200, body: { files: modes } };
    }
    if (rest === '/info/lfs/objects/batch') {
      const { objects } = json() as { objects: { oid: string; size: number }[] };
      const upload = ({ oid, size }: { oid: string; size: number }): unknown => ({
        oid,
        size,
        actions: { upload: { href: `${url.origin}/large/${oid}`, header: {} } },
      });
      return { status: 200, body: { transfer: 'basic', objects: objects.map(upload) } };
    }
    if (rest === '/commit/main') {
      const lines = body.toString().trim().split('\n');
      for (const { key, value } of lines.map((line) => JSON.parse(line) as CommitLine)) {
        if (key === 'file') files.set(value.path, Buffer.from(value.content ?? '', 'base64'));
        if (key === 'lfsFile') files.set(value.path, large.get(value.oid ?? '') ?? Buffer.alloc(0));
      }
      return {
        status: 200,
        body: { success: true, commitOid: 'abc', commitUrl: `${url.origin}/${id}/commit/abc`, hookOutput: '' },
      };
    }
    if (rest === '/tree/main') return { status: 200, body: [...files].map(listed) };
    const bytes = files.get(rest.replace('/resolve/main/', ''));
    return bytes ? { status: 200, bytes } : { status: 404 };
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    requests.push(`${request.method} ${url.pathname}`);
    void route(request, url).then(({ status, body, bytes }) => {
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
      if (!bytes)
        return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
      const [from, to] = range ? [Number(range[1]), range[2] ? Number(range[2]) + 1 : bytes.length] : [0, bytes.length];
      const part = bytes.subarray(from, to);
      response.writeHead(range ? 206 : 200, {
        'content-length': part.length,
        'content-range': `bytes ${from}-${from + part.length - 1}/${bytes.length}`,
        etag: '"one"',
      });
      return response.end(part);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repositories,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listed([path, bytes]: [string, Buffer]): unknown {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const lfs = path.endsWith('.onnx') ? { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } } : {};
  return { type: 'file', path, size: bytes.length, oid, ...lfs };
}

import '@tensorflow/tfjs';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRandomEncoder } from '../encoders/build-encoder';
import { pullEncoder } from './hub';
import { loadEncoder } from './load-encoder';
import { saveEncoder } from './save-encoder';
import { seeded, tinyConfigs, withFolder } from '../testing/tiny';

interface Hub {
  url: string;
  files: Map<string, Buffer>;
  /** Bytes sent of the next answers to file requests before the connection is cut; Infinity: all. */
  cuts: number[];
  /** Requests for files, with the range asked for. */
  requests: string[];
  /** Called on each request. */
  wrongChecksum: boolean;
}

/** A server with the few addresses of the hub that a download asks for. */
async function withHub(run: (hub: Hub, server: Server) => Promise<void>): Promise<void> {
  const hub: Hub = { url: '', files: new Map(), cuts: [], requests: [], wrongChecksum: false };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://local');
    if (pathname === '/api/models/some/tiny/tree/main') {
      const list = [...hub.files].map(([path, bytes]) => {
        const large = path.endsWith('.safetensors') || path.endsWith('.bin');
        const sha256 = createHash('sha256')
          .update(hub.wrongChecksum ? 'else' : bytes)
          .digest('hex');
        const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
        return {
          type: 'file',
          path,
          size: bytes.length,
          oid,
          ...(large ? { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } } : {}),
        };
      });
      response.setHeader('content-type', 'application/json').end(JSON.stringify(list));
      return;
    }
    const name = /^\/some\/tiny\/resolve\/main\/(.+)$/.exec(pathname)?.[1] ?? '';
    const bytes = hub.files.get(name);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const [start, end] = range ? [Number(range[1]), range[2] ? Number(range[2]) + 1 : bytes.length] : [0, bytes.length];
    const body = bytes.subarray(start, end);
    response.writeHead(range ? 206 : 200, {
      'content-length': body.length,
      'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
      etag: '"version-1"',
    });
    const content = body.length > 1;
    if (content) hub.requests.push(`${name} ${start}`);
    const cut = content && name === 'model.safetensors' ? (hub.cuts.shift() ?? Infinity) : Infinity;
    if (cut >= body.length) response.end(body);
    else {
      response.flushHeaders();
      if (cut > 0) response.write(body.subarray(0, cut));
      setTimeout(() => request.socket.destroy(), 100);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  hub.url = `http://127.0.0.1:${port}`;
  try {
    await withFolder(async (folder) => {
      const encoder = createRandomEncoder(
        { ...tinyConfigs.wavlmLarge, hiddenSize: 64, feedForward: 4096 } as typeof tinyConfigs.wavlmLarge,
        seeded(1),
      );
      await saveEncoder(encoder, folder);
      encoder.dispose();
      for (const name of await readdir(folder)) hub.files.set(name, await readFile(join(folder, name)));
    });
    await run(hub, server);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

it('downloads a model once, with progress, and loads it; offline it is there', async () => {
  await withHub((hub, server) =>
    withFolder(async (cacheDir) => {
      await expect(pullEncoder('some/tiny', { cacheDir, offline: true })).rejects.toThrow(
        'some/tiny: not downloaded yet and offline',
      );
      const progress: number[] = [];
      const options = { cacheDir, hubUrl: hub.url };
      const encoder = await loadEncoder('some/tiny', {
        ...options,
        onProgress: ({ received, total }) => progress.push(received / total),
      });
      expect(encoder.kind).toBe('wavlm');
      encoder.dispose();
      expect(progress.at(-1)).toBe(1);
      const requests = hub.requests.length;
      server.closeAllConnections();
      await pullEncoder('some/tiny', { cacheDir, offline: true });
      const [one, two] = await Promise.all([pullEncoder('some/tiny', options), pullEncoder('some/tiny', options)]);
      expect(one).toBe(two);
      expect(hub.requests).toHaveLength(requests);
    }),
  );
});

it('takes up a cut connection where it stopped, in the same call and in the next', async () => {
  await withHub((hub) =>
    withFolder(async (cacheDir) => {
      const whole = hub.files.get('model.safetensors') ?? Buffer.alloc(0);
      expect(whole.length).toBeGreaterThan(2_000_000);
      const options = { cacheDir, hubUrl: hub.url };
      hub.cuts = [1_100_000, 0, 0];
      await expect(pullEncoder('some/tiny', { ...options, attempts: 1 })).rejects.toThrow(
        /model\.safetensors: .*; 1100000 of \d+ bytes are here, and the same command goes on from there/,
      );
      hub.cuts = [300_000];
      const folder = await pullEncoder('some/tiny', options);
      expect(Buffer.compare(await readFile(join(folder, 'model.safetensors')), whole)).toBe(0);
      const starts = hub.requests.filter((r) => r.startsWith('model.safetensors')).map((r) => Number(r.split(' ')[1]));
      expect(starts[0]).toBe(0);
      expect(starts.slice(1).every((start) => start > 0)).toBe(true);
      expect(new Set(starts).size).toBeGreaterThan(2);
    }),
  );
});

it('discards a file with a wrong checksum and says so', async () => {
  await withHub((hub) =>
    withFolder(async (cacheDir) => {
      hub.wrongChecksum = true;
      await expect(pullEncoder('some/tiny', { cacheDir, hubUrl: hub.url })).rejects.toThrow(
        /some\/tiny: model.safetensors: its sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}: .* it was deleted/,
      );
      const folder = join(cacheDir, 'models', 'some--tiny@main');
      expect((await readdir(folder)).filter((name) => name.startsWith('model'))).toEqual([]);
      hub.wrongChecksum = false;
      const pulled = await pullEncoder('some/tiny', { cacheDir, hubUrl: hub.url });
      expect((await stat(join(pulled, 'model.safetensors'))).size).toBe(hub.files.get('model.safetensors')?.length);
    }),
  );
});

it('names what is wrong', async () => {
  await withHub((hub) =>
    withFolder(async (cacheDir) => {
      const options = { cacheDir, hubUrl: hub.url };
      await expect(pullEncoder('some/other', options)).rejects.toThrow('some/other: cannot be listed on the hub');
      await expect(pullEncoder('../up', options)).rejects.toThrow('../up: expected a hub id');
      await expect(loadEncoder(join(cacheDir, 'none'), options)).rejects.toThrow('no such folder, and no hub id');
      hub.files.delete('model.safetensors');
      await expect(pullEncoder('some/tiny', options)).rejects.toThrow('expected config.json and model.safetensors');
      // A shard outside of the folder is refused before anything is asked for.
      hub.files.set(
        'model.safetensors.index.json',
        Buffer.from(JSON.stringify({ weight_map: { x: '../../evil.safetensors' } })),
      );
      await expect(pullEncoder('some/tiny', options)).rejects.toThrow('is no file name');
      await mkdir(join(cacheDir, 'empty'));
      await writeFile(join(cacheDir, 'empty', 'config.json'), '{"model_type":"bert"}');
      await expect(loadEncoder(join(cacheDir, 'empty'))).rejects.toThrow('model_type must be wavlm, hubert, whisper');
    }),
  );
});

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Of onnxruntime-node in this workspace. */
export function runtimeVersion(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

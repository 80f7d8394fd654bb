import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** What a tarball is and needs. */
export interface PackageInfo {
  /** Folder under packages/, and name without scope. */
  readonly name: string;
  readonly version: string;
  /** Our own packages that it depends on, and what those depend on. */
  readonly siblings: readonly string[];
  /** What is installed along in Node, with ranges: the peers that are not optional. */
  readonly peers: readonly string[];
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const manifest = (name: string): Manifest =>
  JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest;

function siblingsOf(name: string): string[] {
  const own = Object.keys(manifest(name).dependencies ?? {}).filter((dependency) => dependency.startsWith('@ser/'));
  const names = own.map((dependency) => dependency.slice('@ser/'.length));
  return [...new Set([...names, ...names.flatMap(siblingsOf)])].sort();
}

/** All of tfjs, of the same version, brings the backends and gradients that tfjs-core does not have in Node. */
const inNode = (peer: string): string => (peer === '@tensorflow/tfjs-core' ? '@tensorflow/tfjs' : peer);

/** Every package of the workspace, by name. */
export function packageInfos(): PackageInfo[] {
  return readdirSync(path.join(root, 'packages')).map((name) => {
    const { version, peerDependencies = {}, peerDependenciesMeta = {} } = manifest(name);
    const peers = Object.entries(peerDependencies).filter(([peer]) => peerDependenciesMeta[peer]?.optional !== true);
    return {
      name,
      version,
      siblings: siblingsOf(name),
      peers: peers.map(([peer, range]) => `${inNode(peer)}@${range}`),
    };
  });
}

/**
 * Packs a built package.
 *
 * @returns the path of its tarball in the folder, which is made where it is missing
 */
export function packInto(folder: string, name: string): string {
  const from = path.join(root, 'packages', name);
  if (!existsSync(path.join(from, 'dist'))) throw new Error(`packages/${name} is not built: run npm run build first`);
  mkdirSync(folder, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: from, encoding: 'utf8' })) as { filename: string }[];
  return path.join(folder, packed!.filename);
}

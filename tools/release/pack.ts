/**
 * npm run pack -- FOLDER: packs every built package into a folder and says how each is installed from there. A tarball
 * does not bring the other packages that it needs, and no registry holds them yet: they are installed together.
 */
import path from 'node:path';
import { packageInfos, packInto } from './packages';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('npm run pack -- FOLDER: expected the folder to write the tarballs to');
  process.exit(2);
}
const infos = packageInfos();
const tarballs = new Map(infos.map(({ name }) => [name, packInto(path.resolve(folder), name)]));
for (const { name, siblings, peers } of infos) {
  const files = [name, ...siblings].map((needed) => tarballs.get(needed));
  console.log(`\n@ser/${name}:\n  npm install --ignore-scripts ${[...files, ...peers].join(' ')}`);
}

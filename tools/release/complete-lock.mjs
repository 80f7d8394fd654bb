/**
 * node tools/release/complete-lock.mjs: adds what `npm install` leaves out of package-lock.json behind a registry that
 * serves this platform's packages only: the optional packages of other platforms, at the versions that their parents
 * pin. Without them `npm ci` calls the file out of sync. Prints how many were added.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const { packages } = lock;
let added = 0;
for (const [location, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (!/^\d+\.\d+\.\d+/.test(version) || find(location, name)) continue;
    const root = `node_modules/${name}`;
    packages[root in packages ? `${location}/node_modules/${name}` : root] = entry(name, version, parent);
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
if (added > 0) writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages of other platforms added to package-lock.json`);

/** The entry that Node would resolve the name to from this location. */
function find(location, name) {
  for (let at = location; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const found = packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`];
    if (found || at === '') return found;
  }
}

function entry(name, version, parent) {
  const words = name.split('/').at(-1).split('-');
  const cpu = processors.filter((word) =>
    words.some((own) => own === word || (word === 'arm' && own.startsWith('arm') && own !== 'arm64')),
  );
  const os = systems.filter((word) => words.includes(word) || words.includes(`${word}ia32`));
  if (cpu.length === 0 && os.length === 0) throw new Error(`${name}: no platform in its name`);
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(parent.dev ? { dev: true } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

/**
 * npm run test:pack [-- PACKAGE…]: packs the built packages, installs the tarballs into empty projects outside of the
 * workspace with only what they declare and their peers, and runs every ```ts block of their READMEs as an ES module, as CommonJS and
 * as TypeScript checked by tsc under NodeNext resolution. No tarball may hold or name what is for tests. Needs `npm run build` first.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { packageInfos, packInto, root } from './packages';
import { readmeExamples } from './readme-examples';
import { tarballDefects } from './tarball-defects';

// A package that needs none of the others is installed alone, the rest together.
const infos = packageInfos();
const together = infos.filter(({ siblings }) => siblings.length > 0);
const needed = new Set(together.flatMap(({ siblings }) => siblings));
const projects: readonly { packages: readonly string[]; siblings: readonly string[] }[] = [
  ...infos.filter(({ siblings }) => siblings.length === 0).map(({ name }) => ({ packages: [name], siblings: [] })),
  {
    packages: together.map(({ name }) => name),
    siblings: [...needed].filter((name) => together.every((one) => one.name !== name)),
  },
];
const secondsPerExample = 180;

const workspace = mkdtempSync(path.join(os.tmpdir(), 'pack-check-'));
// What npm passes down to its scripts would make the installs below belong to this workspace.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$|^NODE_OPTIONS$/.test(name)),
);
const tarballs = new Map<string, string>();
let failures = 0;
let runs = 0;

const wanted = process.argv.slice(2);
try {
  for (const { packages, siblings } of projects) {
    if (wanted.length === 0 || packages.some((name) => wanted.includes(name))) check(packages, siblings);
  }
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
console.log(`${runs} runs of README examples, ${failures} failed`);
process.exit(failures > 0 ? 1 : 0);

function check(packages: readonly string[], siblings: readonly string[]): void {
  const project = path.join(workspace, packages.join('+'));
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{ "name": "empty", "private": true }\n');
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  try {
    const peers = infos.filter(({ name }) => packages.includes(name)).flatMap((info) => info.peers);
    run(project, 'npm', [...install, ...[...packages, ...siblings].map(pack), ...new Set(peers)]);
  } catch (error) {
    report(`${packages.join(', ')}: install`, error);
    return;
  }
  checkOneCore(project, packages);
  if (packages.includes('trainer')) checkCommand(project);
  for (const name of packages) {
    attempt(`${name}: a licence, and nothing that is for tests`, () => {
      const defects = tarballDefects(path.join(project, 'node_modules/@ser', name));
      if (defects.length > 0) throw new Error(defects.join('\n'));
    });
    checkEntry(project, name);
    checkReadme(project, name);
  }
}

/** Two copies of tfjs-core would each have tensors of their own. */
function checkOneCore(project: string, packages: readonly string[]): void {
  attempt(`${packages.join(', ')}: at most one tfjs-core`, () => {
    const files = readdirSync(path.join(project, 'node_modules'), { recursive: true, encoding: 'utf8' });
    const copies = files.filter((file) => file.endsWith(path.join('@tensorflow', 'tfjs-core', 'package.json')));
    if (copies.length > 1) throw new Error(`${copies.length} copies: ${copies.join(', ')}`);
  });
}

/** The package loads both ways and both ways export the same names. */
function checkEntry(project: string, name: string): void {
  attempt(`${name}: import and require agree`, () => {
    const file = path.join(project, `entry-${name}.mjs`);
    const code = `import * as esm from '@ser/${name}';
      import { createRequire } from 'node:module';
      const cjs = createRequire(import.meta.url)('@ser/${name}');
      const names = (module) => Object.keys(module).sort().join();
      if (names(esm) !== names(cjs) || names(esm) === '') throw new Error(\`\${names(esm)} ≠ \${names(cjs)}\`);
      process.exit(0);`;
    writeFileSync(file, code);
    run(project, process.execPath, [file]);
  });
}

/** The command trains and tests a fold, in which every package and every worker thread has its part. */
function checkCommand(project: string): void {
  attempt('trainer: ser cv on a fold of the demo corpus', () => {
    const small = ['--dataset=demo', '--folds=1', '--epochs=1', '--hidden-size=16'];
    run(project, path.join(project, 'node_modules/.bin/ser'), ['cv', ...small]);
  });
}

function checkReadme(project: string, name: string): void {
  const readme = path.join(root, 'packages', name, 'README.md');
  const examples = existsSync(readme) ? readmeExamples(readFileSync(readme, 'utf8')) : [];
  if (examples.length === 0) report(`${name}: README.md`, new Error('no ```ts example to run'));
  for (const { line, code } of examples) {
    const where = `${name}/README.md:${line}`;
    const stem = path.join(project, `${name}-${line}`);
    attempt(`${where} as an ES module`, () => {
      writeFileSync(`${stem}.mjs`, transpile(code, ts.ModuleKind.ESNext));
      run(project, process.execPath, [`${stem}.mjs`]);
    });
    attempt(`${where} as CommonJS`, () => {
      // CommonJS has no top-level await: the example's body becomes an async function's.
      writeFileSync(`${stem}.cjs`, `(async () => {\n${transpile(code, ts.ModuleKind.CommonJS)}\n})();\n`);
      run(project, process.execPath, [`${stem}.cjs`]);
    });
    attempt(`${where} as TypeScript`, () => {
      writeFileSync(`${stem}.mts`, code);
      // Types as CommonJS sees them: the same imports, without the top-level await of the rest.
      writeFileSync(`${stem}-types.cts`, importsOf(code));
      const out = `${stem}-out`;
      run(project, process.execPath, [
        path.join(root, 'node_modules/typescript/bin/tsc'),
        ...compilerOptions(out),
        `${stem}.mts`,
        `${stem}-types.cts`,
      ]);
      run(project, process.execPath, [path.join(out, `${path.basename(stem)}.mjs`)]);
    });
  }
}

function compilerOptions(out: string): string[] {
  const types = path.join(root, 'node_modules/@types');
  return [
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--moduleResolution',
    'nodenext',
    '--skipLibCheck',
  ].concat([
    '--lib',
    'es2023,dom',
    '--typeRoots',
    types,
    '--types',
    'node',
    '--outDir',
    out,
    '--rootDir',
    path.dirname(out),
  ]);
}

function transpile(code: string, module: ts.ModuleKind): string {
  return ts.transpileModule(code, {
    compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  }).outputText;
}

function importsOf(code: string): string {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022);
  return source.statements
    .filter((statement) => ts.isImportDeclaration(statement))
    .map((statement) => statement.getText(source))
    .join('\n');
}

/** The tarball of a package, packed once. */
function pack(name: string): string {
  const tarball = tarballs.get(name) ?? packInto(path.join(workspace, 'tarballs'), name);
  tarballs.set(name, tarball);
  return tarball;
}

function attempt(what: string, action: () => void): void {
  runs++;
  const started = Date.now();
  try {
    action();
    console.log(`ok      ${what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    report(what, error);
  }
}

function report(what: string, error: unknown): void {
  failures++;
  console.log(`FAILED  ${what}`);
  const output = typeof error === 'object' && error !== null ? Object.entries(error) : [];
  const printed = output.filter(([key]) => key === 'stdout' || key === 'stderr').map(([, text]) => String(text).trim());
  console.log(
    [error instanceof Error ? error.message : String(error), ...printed].join('\n').split('\n').slice(0, 30).join('\n'),
  );
}

function run(cwd: string, command: string, args: readonly string[]): void {
  execFileSync(command, args, {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: secondsPerExample * 1000,
    maxBuffer: 1 << 26,
  });
}

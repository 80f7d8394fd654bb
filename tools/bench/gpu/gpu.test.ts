import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundlePrograms } from './bundle';
import { checkSize } from './check-size';
import { dropOtherKernels } from './fat-binaries';
import { placeProvider, providerFiles } from './place-provider';
import { placeTable } from './place-table';
import { columns, differenceOf, notReached, readReport, type Report, withResult } from './report';
import { openReport, writeReport } from './report-file';
import { runProcess } from './run-process';
import { findVulkan, withVariables } from './surroundings';
import { markdown } from './table';
import { engineOf, tasks } from './tasks';
import { isUnneeded } from './unneeded';
import { plan, rows } from './work';

const root = mkdtempSync(path.join(os.tmpdir(), 'ser-gpu-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = (name: string): string => {
  const made = path.join(root, name);
  mkdirSync(made, { recursive: true });
  return made;
};

const empty: Report = { version: 1, tiny: false, pack: {}, machine: { card: 'A card' }, seconds: 12, results: {} };

describe('what is measured', () => {
  test.each([true, false])('every cell of the table has one task, and every row work (tiny: %s)', (tiny) => {
    const cells = tasks(tiny).flatMap((task) => task.cells.map(([row, column]) => `${row} ${column}`));
    expect(new Set(cells).size).toBe(cells.length);
    const { jobs } = plan(tiny);
    expect([...jobs.map(({ row }) => row), 'cv'].sort()).toEqual([...rows].sort());
    for (const row of rows) {
      const shown = Object.keys(columns).filter((column) => cells.includes(`${row} ${column}`));
      // Each is done on both GPU engines; what is not a command also by PyTorch, plain and compiled.
      expect(shown.some((column) => column.startsWith('webgpu'))).toBe(true);
      expect(shown.some((column) => column.startsWith('cuda'))).toBe(true);
      if (row !== 'cv') expect(shown).toEqual(expect.arrayContaining(['torch-fp32', 'torch-tf32', 'torch-compile']));
    }
  });

  test('what a task runs on is what its cells say', () => {
    for (const task of tasks(false)) {
      if (task.program === 'peer') expect(engineOf(task)).toBeUndefined();
      else expect(task.args.join(' ')).toContain(engineOf(task));
    }
  });
});

describe('the tables', () => {
  const step = (seconds: number, losses: number[], more = {}) => ({ seconds: [seconds, seconds, 9], losses, ...more });
  const report = [
    ['flam-150', 'cpu', step(0.1, [4, 2, 1])],
    ['flam-150', 'cuda', step(0.02, [4, 2.002])],
    ['flam-150', 'cuda-many', step(0.004, [1.01, 0.5], { from: 2, many: 20, cardMiB: 700 })],
    ['flam-150', 'torch-tf32', step(0.005, [4, 2])],
    ['large-all', 'torch-fp32', step(0.2, [8])],
    ['large-all', 'cuda-many', step(0.1, [8.8])],
    ['large-all', 'webgpu', { skipped: 'not done within 60 s' }],
    ['cv', 'cuda', { seconds: [9.25], accuracy: 63.54 }],
  ] as const;
  const full = report.reduce((all, [row, column, result]) => withResult(all, row, column, result), empty);

  test('show times, our fastest over PyTorch, agreement, memory, accuracy and reasons', () => {
    const text = markdown(full);
    const row = (start: string, within: string): string[] => {
      const part = text.split('\n\n').find((one) => one.includes(within)) ?? '';
      const line = part.split('\n').find((one) => one.startsWith(`| ${start}`)) ?? '';
      return line.split('|').flatMap((cell) => cell.trim() || []);
    };
    expect(text).toContain('A card; 12 s in all.');
    expect(row('FLAM', 'milliseconds')).toEqual([expect.any(String), '100', '20.0', '4.00 (K = 20)', '5.00']);
    expect(row('FLAM', 'our time over')).toEqual([expect.any(String), 'CUDA, K in one run', '0.80']);
    expect(row('FLAM', 'differ by')).toEqual([expect.any(String), '1e-3 (2)', '1e-2 (1)', '0e+0 (2)']);
    expect(row('WavLM Large', 'differ by')).toEqual([expect.any(String), '1e-1 (1, PyTorch)']);
    expect(row('FLAM', 'MiB')).toEqual([expect.any(String), '700']);
    expect(row('`ser cv`', 'accuracy')).toEqual([expect.any(String), '9.3 s, 63.5 %']);
    expect(text).toContain('- large-all on WebGPU: not done within 60 s');
  });

  test('losses are compared step by step, with the CPU first', () => {
    expect(differenceOf(full, 'flam-150', 'cuda-many')).toMatchObject({ steps: 1, reference: 'cpu' });
    expect(differenceOf(full, 'large-all', 'cuda-many')).toMatchObject({ steps: 1, reference: 'torch-fp32' });
    expect(differenceOf(full, 'large-all', 'torch-fp32')).toBeUndefined();
    expect(differenceOf(full, 'cv', 'cuda')).toBeUndefined();
  });

  test('an empty report says what it has', () => expect(markdown(empty)).toBe('A card; 12 s in all.'));

  test('are put between the marks of a document, again and again', () => {
    const text = 'before\n<!-- gpu -->\nold\n<!-- /gpu -->\nafter\n';
    const once = placeTable(text, 'new $1');
    expect(once).toBe('before\n<!-- gpu -->\n\nnew $1\n\n<!-- /gpu -->\nafter\n');
    expect(placeTable(once ?? '', 'new $1')).toBe(once);
    expect(placeTable('no marks', 'x')).toBeUndefined();
  });
});

describe('the report on disk', () => {
  test('a second start goes on with that of the same pack and card, and keeps another one', () => {
    const out = folder('out');
    const begun = withResult(empty, 'cv', 'cpu', { seconds: [1], accuracy: 50 });
    writeReport(out, begun);
    expect(readFileSync(path.join(out, 'gpu.md'), 'utf8')).toContain('50.0 %');
    expect(openReport(out, empty)).toEqual(begun);
    expect(existsSync(path.join(out, 'gpu.before.json'))).toBe(false);
    const other = { ...empty, machine: { card: 'Another card' } };
    expect(openReport(out, other)).toEqual(other);
    expect(readReport(readFileSync(path.join(out, 'gpu.before.json'), 'utf8'))).toEqual(begun);
    expect(openReport(out, { ...empty, tiny: true }).results).toEqual({});
    writeFileSync(path.join(out, 'gpu.json'), '{"version"');
    expect(openReport(out, empty)).toEqual(empty);
  });

  test.each(['{', '[]', '{"version":2}', '{"version":1,"machine":{},"results":null}'])('%s is none', (text) => {
    expect(() => readReport(text)).toThrow(/^is not/);
  });
});

describe('a task', () => {
  const env = process.env;

  test('that is late is ended with all it started, and what it printed before stays', async () => {
    const lines: string[] = [];
    const program = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
      console.log('@result ' + child.pid);
      setTimeout(() => {}, 60000);`;
    const onLine = (line: string): void => void lines.push(line);
    const { failure } = await runProcess(process.execPath, ['-e', program], { seconds: 3, env, onLine });
    expect(failure).toBe('not done within 3 s');
    const child = Number(lines[0]?.split(' ')[1]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const status = `/proc/${child}/status`;
    // Ended, though nobody may have asked for its exit code yet.
    expect(existsSync(status) ? readFileSync(status, 'utf8') : 'State:\tZ').toContain('State:\tZ');
  }, 30_000);

  test('that fails says why in one line', async () => {
    const run = (program: string) => runProcess(process.execPath, ['-e', program], { seconds: 30, env });
    expect(await run('console.log("yes")')).toEqual({ output: 'yes\n' });
    expect((await run('throw new Error("no card")')).failure).toBe('Error: no card');
    expect((await run('process.exit(3)')).failure).toBe('ended with 3');
    expect((await run('process.kill(process.pid, "SIGSEGV")')).failure).toBe('ended with SIGSEGV');
    expect((await runProcess('/no/python', [], { seconds: 5, env })).failure).toContain('ENOENT');
  });

  test('finds libraries before those of its surroundings', () => {
    expect(withVariables({ LD_LIBRARY_PATH: '/a' }, { LD_LIBRARY_PATH: '/b' })).toEqual({ LD_LIBRARY_PATH: '/a:/b' });
    expect(withVariables({ A: '1' }, {})).toEqual({ A: '1' });
  });

  test('finds the Vulkan driver that is named', () => {
    const lib = folder('lib');
    writeFileSync(path.join(lib, 'libvulkan.so.1'), '');
    const before = process.env['VK_DRIVER_FILES'];
    process.env['VK_DRIVER_FILES'] = '/some/icd.json';
    const found = findVulkan({ lib, work: root, tiny: false });
    if (before === undefined) delete process.env['VK_DRIVER_FILES'];
    else process.env['VK_DRIVER_FILES'] = before;
    expect(found).toMatchObject({ env: { VK_DRIVER_FILES: '/some/icd.json' } });
  });
});

describe('the CUDA provider', () => {
  /** An ELF file with one section `.nv_fatbin`: containers of entries [kind, chip, bytes of code]. */
  function library(containers: readonly (readonly (readonly [number, number, number])[])[]): Buffer {
    const parts = containers.map((entries) => {
      const body = Buffer.concat(
        entries.map(([kind, chip, size]) => {
          const header = Buffer.alloc(64);
          header.writeUInt16LE(kind, 0);
          header.writeUInt32LE(64, 4);
          header.writeBigUInt64LE(BigInt(size), 8);
          header.writeUInt32LE(chip, 28);
          return Buffer.concat([header, Buffer.alloc(size, filling + chip)]);
        }),
      );
      const header = Buffer.alloc(16);
      header.writeUInt32LE(0xba55ed50, 0);
      header.writeUInt16LE(16, 6);
      header.writeBigUInt64LE(BigInt(body.length), 8);
      return Buffer.concat([header, body, Buffer.alloc(8)]);
    });
    const code = Buffer.concat(parts);
    const names = Buffer.from('\0.nv_fatbin\0.names\0');
    const [codeAt, namesAt] = [64, 64 + code.length];
    const table = Buffer.alloc(3 * 64);
    const section = (index: number, name: number, at: number, size: number): void => {
      table.writeUInt32LE(name, index * 64);
      table.writeBigUInt64LE(BigInt(at), index * 64 + 24);
      table.writeBigUInt64LE(BigInt(size), index * 64 + 32);
    };
    section(1, 1, codeAt, code.length);
    section(2, 12, namesAt, names.length);
    const head = Buffer.alloc(64);
    head.write('\x7fELF\x02', 'latin1');
    head.writeBigUInt64LE(BigInt(namesAt + names.length), 0x28);
    head.writeUInt16LE(64, 0x3a);
    head.writeUInt16LE(3, 0x3c);
    head.writeUInt16LE(2, 0x3e);
    return Buffer.concat([head, code, names, table]);
  }

  /** Not found in headers. */
  const filling = 130;
  const left = (bytes: Buffer): number[] =>
    [80, 86, 90, 75].map((chip) => bytes.filter((byte) => byte === filling + chip).length);

  test('keeps the kernels of one chip, and the newest older ones of its kind where it has none', () => {
    const bytes = library([
      [
        [2, 80, 160],
        [2, 86, 240],
        [2, 90, 320],
      ],
      [
        [2, 90, 400],
        [1, 75, 480],
      ],
    ]);
    const hopper = Buffer.from(bytes);
    expect(dropOtherKernels(hopper, 90)).toEqual({ kept: 1200, dropped: 400 });
    expect(hopper.length).toBe(bytes.length);
    expect(left(hopper)).toEqual([0, 0, 720, 480]);
    const ada = Buffer.from(bytes);
    dropOtherKernels(ada, 89);
    expect(left(ada)).toEqual([0, 240, 0, 480]);
  });

  test('refuses a chip it has nothing for, and what is no such library', () => {
    expect(() => dropOtherKernels(library([[[2, 80, 160]]]), 120)).toThrow(/compute capability 120/);
    expect(() => dropOtherKernels(Buffer.alloc(100), 90)).toThrow(/ELF/);
    const broken = library([[[2, 90, 160]]]);
    broken.writeUInt32LE(7, 64);
    expect(() => dropOtherKernels(broken, 90)).toThrow(/no container/);
  });

  test('is unpacked beside the runtime, and must fit it and the card', () => {
    const from = folder('cuda');
    const runtime = { folder: folder('runtime'), version: '1.30.0' };
    const info = (onnxruntime: string): void =>
      writeFileSync(path.join(from, 'cuda.json'), JSON.stringify({ onnxruntime, chip: '9.0' }));
    expect(placeProvider('', runtime, { chip: '9.0' })).toContain('--cuda');
    info('1.29.0');
    expect(placeProvider(from, runtime, { chip: '9.0' })).toContain('1.29.0');
    info('1.30.0');
    expect(placeProvider(from, runtime, { chip: '8.9' })).toContain('8.9');
    expect(placeProvider(from, runtime, undefined)).toContain('nvidia-smi');
    expect(placeProvider(from, runtime, { chip: '9.0' })).toContain(providerFiles[0]);
    for (const name of providerFiles) writeFileSync(path.join(from, name), name);
    spawnSync('xz', [path.join(from, providerFiles[0])]);
    expect(placeProvider(from, runtime, { chip: '9.0' })).toBeUndefined();
    for (const name of providerFiles) expect(readFileSync(path.join(runtime.folder, name), 'utf8')).toBe(name);
    expect(placeProvider('', runtime, { chip: '9.0' })).toBeUndefined();
  });
});

describe('the pack', () => {
  test.each([
    'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
    'onnxruntime-web/dist/ort.all.mjs',
    '@tensorflow/tfjs-core/dist/tf-core.min.js',
    '@tensorflow/tfjs-core/dist/ops/add.js',
    '@ser/trainer/dist/cli.mjs.map',
    '@ser/trainer/src/cli.ts',
    'yaml/README.md',
  ])('leaves %s out', (file) => expect(isUnneeded(file, 'linux/x64')).toBe(true));

  test.each([
    'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    'onnxruntime-node/dist/index.js',
    '@tensorflow/tfjs-core/dist/tf-core.node.js',
    '@tensorflow/tfjs/package.json',
    '@ser/trainer/dist/cli.mjs',
    'echarts/lib/echarts.js',
  ])('keeps %s', (file) => expect(isUnneeded(file, 'linux/x64')).toBe(false));

  test('may not be too large to travel', () => {
    const made = folder('size');
    writeFileSync(path.join(made, 'a'), Buffer.alloc(700_000));
    expect(checkSize(made, 800_000)).toMatch(/0\.7 MB \(a 0\.7\)$/);
    writeFileSync(path.join(made, 'b'), Buffer.alloc(200_000));
    expect(() => checkSize(made, 800_000)).toThrow(/0\.9 MB .*more than 0\.8 MB/);
  });

  test('its programs are one file each beside the packages, and say what is wrong with an option', async () => {
    const bench = path.join(folder('bundled'), 'bench');
    await bundlePrograms(__dirname, bench);
    const side = readFileSync(path.join(bench, 'side.mjs'), 'utf8');
    const imported = [...side.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, name]) => name ?? '');
    expect(imported).toContain('@ser/frontend-wavlm');
    expect(imported.filter((name) => !/^(node:|@ser\/|@tensorflow\/)/.test(name))).toEqual([]);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(bench, 'run.mjs'), ...args], { encoding: 'utf8' });
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--cuda DIR') });
    expect(run('--seconds', 'x')).toMatchObject({ status: 2, stderr: expect.stringContaining('--seconds') });
  }, 60_000);

  test('is unpacked once, on a machine like that where it was made', () => {
    const made = folder('pack');
    const app = folder('made/app/bench');
    writeFileSync(path.join(app, '../pack.json'), '{"content":"1"}');
    writeFileSync(path.join(app, 'run.mjs'), '');
    writeFileSync(path.join(made, 'pack.json'), '{"content":"1"}');
    writeFileSync(path.join(made, 'node'), '#!/bin/sh\necho "started $*"\n');
    const shell = (command: string) => spawnSync('bash', ['-c', command, 'bash', made, path.join(root, 'made')]);
    shell('xz "$1/node"; tar -c -C "$2" app | xz -c >"$1/app.tar.xz"; echo "$(uname -s) $(uname -m)" >"$1/target"');
    const script = path.join(made, 'run.sh');
    writeFileSync(script, readFileSync(path.join(__dirname, 'run.sh')));
    chmodSync(script, 0o755);
    const work = path.join(root, 'unpacked');
    const run = () =>
      spawnSync(script, ['--out', 'a b'], { encoding: 'utf8', env: { ...process.env, SER_GPU_WORK: work } });
    expect(run()).toMatchObject({ status: 0, stdout: `started ${work}/app/bench/run.mjs --out a b\n` });
    writeFileSync(path.join(work, 'kept'), '');
    expect(run().status).toBe(0);
    expect(existsSync(path.join(work, 'kept'))).toBe(true);
    // Another pack takes its place.
    writeFileSync(path.join(made, 'pack.json'), '{"content":"2"}');
    expect(run().status).toBe(0);
    expect(existsSync(path.join(work, 'kept'))).toBe(false);
    writeFileSync(path.join(made, 'target'), 'Linux pdp11\n');
    expect(run()).toMatchObject({ status: 2, stderr: expect.stringMatching(/^run\.sh: this pack is for Linux pdp11/) });
  });
});

test('our side does every kind of work, and says what each step computed', () => {
  const work = folder('side');
  const jobsFile = path.join(work, 'jobs.json');
  writeFileSync(jobsFile, JSON.stringify(plan(true)));
  const side = (...args: string[]): Record<string, unknown>[] => {
    const program = ['--conditions=@ser/source', '--import', 'tsx', path.join(__dirname, 'side.ts'), jobsFile, ...args];
    const { stdout, stderr, status } = spawnSync(process.execPath, program, { encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const lines = stdout.split('\n').filter((line) => line.startsWith('@result '));
    return lines.map((line) => JSON.parse(line.slice('@result '.length)) as Record<string, unknown>);
  };
  side('problem', 'flam-150');
  side('problem', 'base');
  for (const file of ['flam-150/tensors.bin', 'base/model/model.safetensors', 'base/waves-4800.safetensors'])
    expect(existsSync(path.join(work, file))).toBe(true);
  const results = side(
    'cpu',
    'flam-150:single,many',
    'fed-150:many',
    'base-finetune:single',
    'base-forward:single',
    'large-top:many',
  );
  expect(results.map(({ row, from, many }) => [row, from, many])).toEqual([
    ['flam-150', 0, undefined],
    ['flam-150', 3, 2],
    ['fed-150', 0, 2],
    ['base-finetune', 0, undefined],
    ['base-forward', 0, undefined],
    ['large-top', 0, 2],
  ]);
  const losses = results.map((result) => result['losses'] as number[]);
  expect(losses.flat().every(Number.isFinite)).toBe(true);
  // The same steps, one by one and two in a run, a batch that stays and one for each.
  expect(losses[2]).toEqual([...losses[0]!, ...losses[1]!].slice(0, 4));
  expect(new Set(losses[4]).size).toBe(1);
}, 240_000);

test('the one reason that is tried again is said as such', () => {
  const report = withResult(empty, 'cv', 'cpu', { skipped: notReached });
  expect(markdown(report)).toContain(`- cv on CPU: ${notReached}`);
});

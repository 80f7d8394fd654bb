/**
 * The measurement on a machine with a GPU, started by `run.sh` of the pack. Each task is a process with a time limit;
 * `gpu.json` and `gpu.md` are written after every result, and a second start goes on where the first ended.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { askDoctor, type Engines, environmentOf, findEngines } from './engines';
import { type Places, placesIn } from './places';
import { notReached, type Report, resultOf, withResult } from './report';
import { openReport, writeReport } from './report-file';
import { runProcess } from './run-process';
import { runTask } from './run-task';
import { describeSystem, findCard } from './surroundings';
import { markdown } from './table';
import { type Cell, engineOf, tasks } from './tasks';
import { plan } from './work';

const help = `run.sh [options]: measures this machine's GPU, writes gpu.json and gpu.md
  --out DIR       where to (default: the current folder); what an earlier run measured there is not measured again
  --cuda DIR      the second folder, with ONNX Runtime's CUDA provider (also: SER_GPU_CUDA)
  --python PATH   interpreter with PyTorch (default python3)
  --seconds N     time for everything, default 280
  --tiny          tiny shapes: for a machine without a GPU
  SER_GPU_WORK names the folder that the pack is unpacked into`;

interface Options {
  readonly out: string;
  readonly cuda: string;
  readonly python: string;
  readonly seconds: number;
  readonly tiny: boolean;
}

async function measureMachine(options: Options): Promise<void> {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const places = placesIn(path.resolve(import.meta.dirname, '..'), options.tiny);
  for (const folder of [places.work, options.out]) mkdirSync(folder, { recursive: true });
  writeFileSync(places.jobs, JSON.stringify(plan(options.tiny)));

  const engines = findEngines(places, options);
  let report = openReport(options.out, emptyReport(places, engines, options.tiny));
  const secondsBefore = report.seconds;
  const keep = (next: Report): void => {
    report = { ...next, seconds: secondsBefore + elapsed() };
    writeReport(options.out, report);
  };
  keep(report);

  const [{ lines, reasons }] = await Promise.all([askDoctor(places, engines), prepare(places, options.tiny)]);
  keep({ ...report, machine: { ...report.machine, doctor: lines } });

  for (const task of tasks(options.tiny)) {
    const open = task.cells.filter((cell) => isOpen(report, ...cell));
    if (open.length === 0) continue;
    const engine = engineOf(task);
    const left = options.seconds - elapsed();
    let failure = (engine && reasons[engine]) ?? (left < 2 ? notReached : undefined);
    if (failure === undefined) {
      console.log(`${elapsed().toFixed(0).padStart(4)} s  ${task.name}`);
      failure = await runTask(task, {
        places,
        python: options.python,
        seconds: Math.min(task.seconds, left),
        env: environmentOf(engine && engines[engine], places.work, options.tiny),
        receive: {
          result: (row, column, result) => {
            const cell = task.cells.find((own) => own[0] === row && own[1] === column);
            if (cell) keep(withResult(report, ...cell, result));
          },
          machine: (facts) => keep({ ...report, machine: { ...report.machine, ...facts } }),
        },
      });
      if (left < task.seconds && options.seconds - elapsed() < 1) failure = notReached;
    }
    for (const cell of open) {
      if (isOpen(report, ...cell)) keep(withResult(report, ...cell, { skipped: failure ?? 'it gave no result' }));
    }
  }
  console.log(`\n${markdown(report)}\n\nwritten: ${path.join(options.out, 'gpu.json')}, gpu.md`);
}

/** Whether it is still to be measured. */
function isOpen(report: Report, ...cell: Cell): boolean {
  const result = resultOf(report, ...cell);
  return result === undefined || ('skipped' in result && result.skipped === notReached);
}

function emptyReport({ pack, runtime }: Places, engines: Engines, tiny: boolean): Report {
  const found = Object.entries(engines).map(
    ([name, engine]) => [name, 'env' in engine ? engine.env : engine.missing] as const,
  );
  const machine = {
    ...describeSystem(),
    ...findCard(),
    onnxruntime: runtime.version,
    engines: Object.fromEntries(found),
  };
  return { version: 1, tiny, pack, machine, seconds: 0, results: {} };
}

/** Weights and data of every row, and the demo corpus. */
async function prepare({ work, side, jobs }: Places, tiny: boolean): Promise<void> {
  const run = (...args: string[]) =>
    runProcess(process.execPath, [side, jobs, ...args], { seconds: 90, env: environmentOf(undefined, work) });
  const write = async (folder: string): Promise<string | undefined> => {
    const done = path.join(work, folder, 'done');
    if (existsSync(done)) return undefined;
    const { failure } = await run('problem', folder);
    if (failure === undefined) writeFileSync(done, '');
    return failure;
  };
  const folders = [...new Set(plan(tiny).jobs.map(({ folder }) => folder))];
  const [demo, ...failures] = await Promise.all([run('demo'), ...folders.map(write)]);
  for (const failure of [demo.failure, ...failures]) if (failure !== undefined) console.log(`preparing: ${failure}`);
}

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '.' },
    cuda: { type: 'string', default: process.env['SER_GPU_CUDA'] ?? '' },
    python: { type: 'string', default: 'python3' },
    seconds: { type: 'string', default: '280' },
    tiny: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
if (values.help) console.log(help);
else if (seconds > 0) await measureMachine({ ...values, seconds });
else {
  console.error(`run.sh: --seconds: expected a number above 0, got "${values.seconds}"`);
  process.exitCode = 2;
}

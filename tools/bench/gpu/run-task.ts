import path from 'node:path';
import type { Places } from './places';
import type { Result } from './report';
import { runProcess } from './run-process';
import type { Task } from './tasks';

export interface Receive {
  result(row: string, column: string, result: Result): void;
  /** Facts of the machine that PyTorch knows. */
  machine(facts: Readonly<Record<string, unknown>>): void;
}

interface Options {
  readonly places: Places;
  readonly python: string;
  readonly seconds: number;
  readonly env: NodeJS.ProcessEnv;
  readonly receive: Receive;
}

/** Runs a task and hands on each result as soon as it is there. @returns why it gave no more of them, if it failed */
export async function runTask(task: Task, options: Options): Promise<string | undefined> {
  const { places, python, seconds, env, receive } = options;
  const { work, jobs, side, peers, ser } = places;
  const run = (command: string, args: readonly string[]) =>
    runProcess(command, args, { seconds, env, cwd: work, onLine: (line) => readLine(line, receive) });
  switch (task.program) {
    case 'side':
      return (await run(process.execPath, [side, jobs, ...task.args])).failure;
    case 'peer':
      return (await run(python, [peers, jobs, ...task.args])).failure;
    case 'ser': {
      const started = performance.now();
      // Another folder for each start: a fold that is there would not be trained again.
      const runs = path.join(work, `runs-${process.pid}`);
      const { output, failure } = await run(process.execPath, [ser, ...task.args, '--runs', runs]);
      const accuracy = Number(/^pooled +\d+ +([\d.]+)/m.exec(output)?.[1]);
      if (failure !== undefined) return failure;
      const measured = { seconds: [(performance.now() - started) / 1000], accuracy };
      for (const [row, column] of task.cells) receive.result(row, column, measured);
      return undefined;
    }
  }
}

function readLine(line: string, receive: Receive): void {
  const [, kind, text = ''] = /^@(result|machine) (.*)$/.exec(line) ?? [];
  if (kind === 'machine') receive.machine(JSON.parse(text) as Record<string, unknown>);
  if (kind !== 'result') return;
  const { row, column, ...result } = JSON.parse(text) as Result & { row: string; column: string };
  receive.result(row, column, result);
}

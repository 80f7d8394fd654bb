import { shellQuote } from './shell-quote';
import type { SlurmOptions } from './slurm-options';

export interface ScriptOptions {
  /** Name of the job in `squeue`. */
  readonly name: string;
  /** Folder of scripts and logs. */
  readonly dir: string;
  /** Folder that the command was given in: relative paths mean the same there. */
  readonly cwd: string;
  /** Command line of this program. */
  readonly self: readonly string[];
  readonly slurm: SlurmOptions;
}

/** Time before the limit at which Slurm sends SIGUSR1, in seconds: enough to finish a step and write a checkpoint. */
const warning = 120;

/**
 * The script of the array job: task i runs the command of line i of `tasks.txt`.
 *
 * Slurm ends a job at its time limit and when it preempts it. Before a limit it sends SIGUSR1 to this script, which
 * stops the program (it writes a checkpoint), puts the task back into the queue, and so goes on from there. At a
 * preemption Slurm sends SIGTERM and puts the task back itself. A task that fails is tried once more, unless its input is
 * wrong (code 2).
 */
export function arrayScript(options: ScriptOptions, tasks: number): string {
  const { name, dir, self } = options;
  const program = [...self, 'task'].map(shellQuote).join(' ');
  return script(options, [
    directive('job-name', name),
    directive('array', tasks === 1 ? '0' : `0-${tasks - 1}`),
    directive('output', `${dir.replaceAll('%', '%%')}/task-%a.log`),
    directive('open-mode', 'append'),
    directive('requeue', ''),
    ...(options.slurm.sbatch.has('signal') ? [] : [directive('signal', `B:USR1@${warning}`)]),
  ]).concat(`
requeue() {
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" && sleep 60
}
${program} "$SLURM_ARRAY_TASK_ID" --tasks ${shellQuote(`${dir}/tasks.json`)} &
program=$!
again=
trap 'again=1; kill -INT "$program" 2>/dev/null' USR1
trap 'kill -INT "$program" 2>/dev/null' TERM INT
wait "$program"
code=$?
# A signal ends "wait" before the program ends.
while kill -0 "$program" 2>/dev/null; do
  wait "$program"
  code=$?
done
if [ -n "$again" ] && [ "$code" -eq 130 ]; then
  requeue
elif [ "$code" -ne 0 ] && [ "$code" -ne 2 ] && [ "$code" -ne 130 ] && [ "\${SLURM_RESTART_COUNT:-0}" -eq 0 ]; then
  echo "ended with code $code; tried once more"
  requeue
fi
exit "$code"
`);
}

/** The script of the job that joins what the tasks left: it runs when all of them have ended, well or not. */
export function joinScript(options: ScriptOptions, commands: readonly (readonly string[])[]): string {
  const { name, dir, self } = options;
  return script({ ...options, slurm: { ...options.slurm, sbatch: joinOptions(options.slurm.sbatch) } }, [
    directive('job-name', `${name}-report`),
    directive('output', `${dir.replaceAll('%', '%%')}/report.log`),
    directive('open-mode', 'append'),
    directive('requeue', ''),
  ]).concat(`\n${commands.map((command) => [...self, ...command].map(shellQuote).join(' ')).join('\n')}\n`);
}

/** The report needs no accelerator and no more time than its tasks. */
function joinOptions(sbatch: ReadonlyMap<string, string>): Map<string, string> {
  const accelerators = ['gres', 'gpus', 'gpus-per-node', 'gpus-per-task', 'signal'];
  return new Map([...sbatch].filter(([name]) => !accelerators.includes(name)));
}

function script({ cwd, slurm }: ScriptOptions, directives: readonly string[]): string {
  const given = [...slurm.sbatch].map(([name, value]) => directive(name, value));
  return ['#!/bin/bash', ...directives, ...given, '', ...slurm.setup, `cd ${shellQuote(cwd)} || exit 1`, ''].join('\n');
}

function directive(name: string, value: string): string {
  if (value === '') return `#SBATCH --${name}`;
  return `#SBATCH --${name}=${/^[\w./:=@%+,-]+$/.test(value) ? value : `"${value.replaceAll('"', '\\"')}"`}`;
}

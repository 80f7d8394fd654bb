/**
 * Runs a command with all arguments that were given to Nx. Nx 23 takes `--batch-size` for its own `--batch` and drops it
 * without a word, so what is missing is taken from the command line of the Nx process above this one.
 *
 *   node tools/nx/whole-arguments.mjs COMMAND [ARGUMENTS…]
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Flags of ours that begin like one of Nx. */
const swallowed = ['--batch-size'];

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, [...args, ...missing(args)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));

function missing(present) {
  return swallowed
    .filter((flag) => !present.some((arg) => arg === flag || arg.startsWith(`${flag}=`)))
    .flatMap((flag) => {
      const given = ancestors().flatMap((line) => {
        const at = line.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
        return at < 0 ? [] : [line[at] === flag ? `${flag}=${line[at + 1]}` : line[at]];
      });
      return given.slice(0, 1);
    });
}

/** Command lines of the processes above, up to Nx and whoever called it. */
function ancestors() {
  const lines = [];
  for (let pid = process.ppid, depth = 0; pid > 1 && depth < 8; depth++) {
    const { parent, line } = look(pid);
    lines.push(line);
    pid = parent;
  }
  return lines;
}

function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), line };
  } catch {
    const { stdout = '' } = spawnSync('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' });
    const [parent = '0', ...line] = stdout.trim().split(/\s+/);
    return { parent: Number(parent), line };
  }
}

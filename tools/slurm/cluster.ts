import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** A Slurm cluster on this machine: a controller and two nodes of one core each, in a folder of its own. */
export interface Cluster {
  /** For Slurm's commands. */
  readonly environment: NodeJS.ProcessEnv;
  readonly dir: string;
  /** Ends a node as a power cut would: its daemon and all that runs there. */
  killNode(name: NodeName): Promise<void>;
  startNode(name: NodeName): Promise<void>;
  stop(): Promise<void>;
}

export type NodeName = 'n1' | 'n2';
const nodes: readonly NodeName[] = ['n1', 'n2'];

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'unshare'];
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Why there can be no cluster here; undefined where there can. */
export function whyNoSlurm(): string | undefined {
  if (userInfo().uid !== 0) return 'the daemons of Slurm need root here';
  const missing = programs.filter((name) => {
    try {
      execFileSync('which', [name], { env: { ...process.env, PATH: path }, stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length > 0 ? `not installed: ${missing.join(', ')} (Debian: slurm-wlm munge)` : undefined;
}

/**
 * Starts the cluster; it takes a few seconds. Each node runs under a host name and in a process space of its own, as two
 * machines would, so that nothing on one can see whether a process on the other lives.
 */
export async function startCluster(): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'ser-slurm-'));
  const daemons = new Map<string, ChildProcess>();
  const environment = { ...process.env, PATH: path, SLURM_CONF: join(dir, 'slurm.conf') };
  const start = (name: string, command: string, args: readonly string[]): void => {
    const child = spawn(command, args, { env: environment, stdio: 'ignore', detached: true });
    daemons.set(name, child);
  };
  const ask = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  for (const name of ['munge', 'state', 'n1', 'n2']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, 'munge', 'key'), randomBytes(1024), { mode: 0o400 });
  const [control = 0, one = 0, two = 0] = await freePorts(3);
  writeFileSync(join(dir, 'slurm.conf'), configuration(dir, control, { n1: one, n2: two }));

  const munge = (file: string): string => join(dir, 'munge', file);
  start('munged', 'munged', [
    '--foreground',
    '--force',
    `--key-file=${munge('key')}`,
    `--socket=${munge('socket')}`,
    `--pid-file=${munge('pid')}`,
    `--log-file=${munge('log')}`,
    `--seed-file=${munge('seed')}`,
  ]);
  await until(() => ask('munge', `--socket=${munge('socket')}`, '--no-input').startsWith('MUNGE:'), 'munged');
  start('slurmctld', 'slurmctld', ['-D']);

  // A pid space and a host name of its own: ended, the first process of the space takes all others with it.
  const startNode = async (name: NodeName): Promise<void> => {
    const program = `hostname ${name} && exec slurmd -D -N ${name}`;
    start(name, 'unshare', ['--uts', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', program]);
    await until(() => ask('sinfo', '--noheader', `--nodes=${name}`, '--format=%t').trim() === 'idle', name);
  };
  const end = async (name: string): Promise<void> => {
    const child = daemons.get(name);
    daemons.delete(name);
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGKILL');
    await ended;
  };
  await Promise.all(nodes.map(startNode));
  return {
    environment,
    dir,
    killNode: end,
    startNode,
    async stop() {
      for (const name of [...daemons.keys()].reverse()) await end(name);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function configuration(dir: string, control: number, ports: Readonly<Record<NodeName, number>>): string {
  const host = hostname().split('.')[0];
  const node = (name: NodeName): string =>
    `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[name]} CPUs=1 RealMemory=2000`;
  return [
    'ClusterName=ser',
    `SlurmctldHost=${host}(127.0.0.1)`,
    'SlurmUser=root',
    'SlurmdUser=root',
    'AuthType=auth/munge',
    `AuthInfo=socket=${dir}/munge/socket`,
    'CryptoType=crypto/munge',
    `SlurmctldPort=${control}`,
    `StateSaveLocation=${dir}/state`,
    `SlurmdSpoolDir=${dir}/%n`,
    `SlurmctldPidFile=${dir}/slurmctld.pid`,
    `SlurmdPidFile=${dir}/slurmd-%n.pid`,
    `SlurmctldLogFile=${dir}/slurmctld.log`,
    `SlurmdLogFile=${dir}/slurmd-%n.log`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'JobAcctGatherType=jobacct_gather/none',
    'AccountingStorageType=accounting_storage/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    'MpiDefault=none',
    'ReturnToService=2',
    'SlurmdTimeout=5',
    'KillWait=10',
    'MinJobAge=3600',
    'SchedulerParameters=batch_sched_delay=0,sched_interval=2',
    ...nodes.map(node),
    'PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP',
    '',
  ].join('\n');
}

/** Waits until a question is answered with yes. */
export async function until(isSo: () => boolean, what: string, seconds = 60): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    try {
      if (isSo()) return;
    } catch {
      // Not there yet.
    }
    if (Date.now() > end) throw new Error(`${what}: not so after ${seconds} s`);
    await sleep(200);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { listCards } from '../cuda/cards';
import {
  bringProvider,
  hasProvider,
  libraryPath,
  missingLibraries,
  runtimeFolder,
  type RuntimeFolder,
} from '../cuda/link-provider';
import { withLibraries } from '../cuda/reenter';
import type { EngineName } from '../training/engine';
import { ownCommand } from './launcher';

const engines: readonly EngineName[] = [
  'onnx-cpu',
  'onnx-webgpu',
  'onnx-cuda',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-cpu',
];

/** `ser doctor`: what each engine finds on this machine, what it lacks, and the command that adds it. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('for every engine: what is there, what is missing, and the command that adds it')
    .option(
      '--cuda-from <dir>',
      'link the CUDA provider of a Python with onnxruntime-gpu: its site-packages, its virtual environment, or a folder with the libraries',
    )
    .addOption(new Option('--probe <engine>', 'try one engine').choices(engines).hideHelp())
    .action(async ({ cudaFrom, probe }: { cudaFrom?: string; probe?: EngineName }) => {
      if (probe) return tryEngine(probe);
      const runtime = runtimeFolder();
      await bringProvider(runtime, cudaFrom);
      for (const [name, fact] of await facts(runtime)) print(name, fact);
      for (const engine of engines) {
        const { works, text } = await tryApart(engine, runtime);
        print(engine, works ? 'works' : text);
      }
    });
}

const print = (name: string, text: string): void => void process.stdout.write(`${name.padEnd(16)} ${text}\n`);

async function facts(runtime: RuntimeFolder): Promise<(readonly [string, string])[]> {
  const cards = await listCards();
  const missing = hasProvider(runtime) ? await missingLibraries(runtime) : [];
  const lacks = `lacks ${missing.join(', ')}: pip install torch (CUDA 13), or NVIDIA's wheels of them`;
  const cuda = hasProvider(runtime)
    ? [`in ${runtime.folder}`, ...libraryPath(runtime), ...(missing.length > 0 ? [lacks] : [])].join('; ')
    : 'not beside onnxruntime-node, and no active Python has it';
  return [
    ['node', `${process.version}, ${availableParallelism()} cores`],
    ['onnxruntime-node', runtime.version],
    [
      'NVIDIA cards',
      cards.map((card) => `${card.index}: ${card.name}, ${card.memoryMiB} MiB, driver ${card.driver}`).join('; ') ||
        'none (nvidia-smi lists none)',
    ],
    ['CUDA provider', cuda],
    ['Vulkan drivers', vulkanDrivers().join(', ') || 'none registered'],
  ];
}

/** Vulkan's drivers as its loader finds them (Linux); macOS and Windows bring their own. */
function vulkanDrivers(): string[] {
  if (process.platform !== 'linux') return [`that of ${process.platform}`];
  const named = process.env['VK_DRIVER_FILES'];
  if (named !== undefined) return named.split(':');
  const folders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
  return folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, basename(name))),
  );
}

async function tryEngine(name: EngineName): Promise<void> {
  const { openEngine, probe } = await import('../training/engine');
  await probe(await openEngine(name));
}

/** In a process of its own: a driver that fails may take the process with it. */
async function tryApart(name: EngineName, runtime: RuntimeFolder): Promise<{ works: boolean; text: string }> {
  const [program = '', ...args] = ownCommand();
  const env = (name === 'onnx-cuda' && withLibraries(libraryPath(runtime))) || process.env;
  const child = spawn(program, [...args, 'doctor', '--probe', name], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(-4000)));
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const code = await new Promise<number | string>((done) => child.on('close', (c, signal) => done(c ?? signal ?? 1)));
  clearTimeout(timer);
  const line = text.split('\n').find((part) => part.startsWith('engine ')) ?? text.trim().split('\n').at(-1) ?? '';
  return { works: code === 0, text: line || `ended with ${code}` };
}

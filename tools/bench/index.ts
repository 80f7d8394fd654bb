/** npm run bench -- NAME [options]: the benchmarks that stand beside peers. A package's own: nx run <package>:bench. */
import { flamStep, help as flamStepHelp } from './flam-step/index';
import { gpu, help as gpuHelp } from './gpu/index';
import { help as mixedHelp, mixed } from './mixed';
import { help as nodesHelp, nodes } from './nodes';
import { OptionError } from './process';
import { help as scaleHelp, scale } from './scale';
import { help as wavlmHelp, wavlmFinetune, wavlmForward } from './wavlm';

const benchmarks: Record<string, (args: readonly string[]) => Promise<void>> = {
  'flam-step': flamStep,
  'wavlm-forward': wavlmForward,
  'wavlm-finetune': wavlmFinetune,
  mixed,
  nodes,
  scale,
  gpu,
};

const [name, ...args] = process.argv.slice(2);
const run = benchmarks[name ?? ''];
if (name === undefined || name === '--help' || args.includes('--help')) {
  console.log(`${flamStepHelp}\n\n${wavlmHelp}\n\n${mixedHelp}\n\n${nodesHelp}\n\n${scaleHelp}\n\n${gpuHelp}`);
} else if (!run) {
  fail(`no benchmark is called "${name}": expected ${Object.keys(benchmarks).join(', ')}`);
} else {
  try {
    await run(args);
  } catch (error) {
    const badOption = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    if (!(error instanceof OptionError) && !badOption) throw error;
    fail(error.message);
  }
}

function fail(message: string): void {
  console.error(`bench: ${message}`);
  process.exitCode = 2;
}

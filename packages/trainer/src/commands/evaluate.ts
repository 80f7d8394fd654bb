import { Command, Option } from 'commander';
import { InputError } from '@ser/files';
import { runNamePattern } from '../config/settings';
import type { SeenRule } from '../evaluation/seen';
import type { InferenceEngine } from '../inference/open-recognizer';
import { createProgress } from '../run/progress';
import { enterCuda } from './enter-cuda';
import { interruptSignal } from './interrupt';
import { modelArgument } from './model-options';

interface EvaluateFlags {
  readonly dataDir?: string;
  readonly labelsMap?: string;
  readonly seen: SeenRule;
  readonly allowIncomplete?: boolean;
  readonly where?: string;
  readonly hub?: boolean;
  readonly weights?: string;
  readonly engine: InferenceEngine;
  readonly threads: string;
  readonly runs: string;
  readonly name?: string;
}

/** `ser evaluate MODEL CARD`. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('test a trained model on a corpus without training; the report is that of ser cv')
    .argument('<model>', `${modelArgument}; with --hub a name OWNER/NAME`)
    .argument('<card>', 'corpus: the name of a card, such as ravdess, or its path')
    .option('--data-dir <dir>', 'folder of the corpus')
    .option(
      '--labels-map <list>',
      'labels of the corpus that stand for labels of the model, such as calm=neutral,joy=happy',
    )
    .addOption(
      new Option(
        '--seen <rule>',
        'utterances that the model was trained on: refused, left-out, or allowed (the report says that it is no test)',
      )
        .choices(['refused', 'left-out', 'allowed'])
        .default('refused'),
    )
    .option('--where <rules>', 'only utterances with these values of columns: gender=female,language=pl|de')
    .option('--allow-incomplete', 'go on with what is there when the counts differ from the card')
    .option('--hub', 'download the model from the Hugging Face hub, unless it has been downloaded before')
    .option('--weights <dir>', 'folder of the pre-trained encoder, if it has moved')
    .addOption(
      new Option('--engine <name>', 'what computes')
        .choices(['onnx-cpu', 'onnx-webgpu', 'onnx-cuda'])
        .default('onnx-cpu'),
    )
    .option('--threads <n>', 'threads of the engine; 0 for one per core', '0')
    .option('--runs <dir>', 'folder that holds the run folders', 'runs')
    .option('--name <name>', 'name of the folder of the result; made from model and corpus by default')
    .action(evaluate);
}

async function evaluate(path: string, card: string, flags: EvaluateFlags): Promise<void> {
  const labelsMap = flags.labelsMap === undefined ? {} : parseMap(flags.labelsMap);
  const threads = Number(flags.threads);
  if (!Number.isInteger(threads) || threads < 0)
    throw new InputError(`--threads=${flags.threads}: expected a whole number`);
  if (flags.name !== undefined && !new RegExp(runNamePattern).test(flags.name))
    throw new InputError(`--name=${flags.name}: expected letters, digits, ".", "_" and "-"`);
  await enterCuda(flags.engine);
  const model = flags.hub ? await (await import('../inference/hub')).pullModel(path) : path;
  const { evaluateModel } = await import('../evaluation/evaluate-model');
  const progress = createProgress();
  const { signal, release } = interruptSignal();
  try {
    const { dir, result } = await evaluateModel(model, card, {
      ...flags,
      allowIncomplete: flags.allowIncomplete ?? false,
      labelsMap,
      threads,
      command: commandLine(path, card, flags),
      progress,
      signal,
    });
    progress.stop();
    const { printTable } = await import('./table');
    await printTable(dir, [result], []);
  } finally {
    progress.stop();
    release();
  }
}

/** `calm=neutral,joy=happy`. */
function parseMap(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.split('=').map((word) => word.trim()));
  if (!pairs.every((pair) => pair.length === 2 && pair.every((word) => word !== '')))
    throw new InputError(`--labels-map=${text}: expected pairs such as calm=neutral,joy=happy`);
  return Object.fromEntries(pairs.map(([from = '', to = '']) => [from, to]));
}

/** The command again, for the report: what changes the numbers. */
function commandLine(
  path: string,
  card: string,
  { dataDir, labelsMap, where, seen, allowIncomplete, hub }: EvaluateFlags,
): string {
  const flags = [
    ...(dataDir === undefined ? [] : [`--data-dir=${dataDir}`]),
    ...(labelsMap === undefined ? [] : [`--labels-map=${labelsMap}`]),
    ...(where === undefined ? [] : [`--where=${where}`]),
    ...(seen === 'refused' ? [] : [`--seen=${seen}`]),
    ...(allowIncomplete ? ['--allow-incomplete'] : []),
    ...(hub ? ['--hub'] : []),
  ];
  return ['ser evaluate', path, card, ...flags].join(' ');
}

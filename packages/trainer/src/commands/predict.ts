import { Command, Option } from 'commander';
import type { Prediction } from '../inference/describe-prediction';
import {
  addModelOptions,
  calibratedOption,
  eachUsable,
  modelArgument,
  modelOptions,
  type ModelFlags,
} from './model-options';

interface PredictFlags extends ModelFlags {
  readonly format: 'json' | 'csv' | 'table';
  readonly hub?: boolean;
}

/** `ser predict MODEL recordings/`. */
export function predictCommand(): Command {
  const command = new Command('predict')
    .description(
      'say what a model hears: a JSON line, CSV line or table row for each recording, long ones in windows with a timeline',
    )
    .argument('<model>', `${modelArgument}; with --hub a name OWNER/NAME`)
    .argument(
      '<recordings...>',
      'files; folders; globs; .csv or .jsonl with a column audio, file or path (and start, end); - for standard input',
    )
    .addOption(
      new Option('--format <format>', 'json (lines), csv or table').choices(['json', 'csv', 'table']).default('json'),
    )
    .option(...calibratedOption)
    .option('--hub', 'download the model from the Hugging Face hub, unless it has been downloaded before');
  return addModelOptions(command).action(async (path: string, args: string[], flags: PredictFlags) => {
    const { expandInputs } = await import('../inference/inputs');
    const { openRecognizer } = await import('../inference/open-recognizer');
    const { describePrediction } = await import('../inference/describe-prediction');
    const model = flags.hub ? await (await import('../inference/hub')).pullModel(path) : path;
    const recognizer = await openRecognizer(model, modelOptions(flags));
    try {
      const { labels, framesPerSecond } = recognizer.description;
      const inputs = await expandInputs(args, process.stdin);
      const csv = await import('csv-stringify/sync');
      if (flags.format === 'csv') process.stdout.write(csv.stringify([['file', 'label', ...labels, 'start', 'end']]));
      await eachUsable(
        inputs,
        ({ name }) => name,
        async ({ name, read }) => {
          const prediction = describePrediction(name, await recognizer.recognize(await read()), framesPerSecond);
          process.stdout.write(
            flags.format === 'json'
              ? `${JSON.stringify(prediction)}\n`
              : flags.format === 'csv'
                ? csv.stringify([csvRow(prediction, labels)])
                : tableRows(prediction),
          );
        },
      );
    } finally {
      await recognizer.close();
    }
  });
}

const csvRow = ({ file, label, probabilities, start, end }: Prediction, labels: readonly string[]): unknown[] => [
  file,
  label,
  ...labels.map((name) => probabilities[name]),
  start,
  end,
];

function tableRows({ file, label, probabilities, peaks, timeline = [] }: Prediction): string {
  const row = (name: string, of: string, values: Readonly<Record<string, number>>): string =>
    `${name}  ${of.padEnd(10)}  ${Object.entries(values)
      .map(([key, p]) => `${key} ${p.toFixed(3)}`)
      .join('  ')}`;
  const at = peaks.map(({ seconds }) => `${seconds.toFixed(2)} s`).join(', ');
  return [
    `${row(file, label, probabilities)}  attention at ${at || '–'}`,
    ...timeline.map(({ start, end, label: of, probabilities: values }) =>
      row(`  ${start.toFixed(2)}–${end.toFixed(2)} s`, of, values),
    ),
    '',
  ].join('\n');
}

import { stat } from 'node:fs/promises';
import type { DownloadProgress, FolderReport } from '@ser/frontend-wavlm';
import { SingleBar, Presets } from 'cli-progress';
import { Command } from 'commander';
import { writeFileWhole } from '@ser/files';

interface HubOptions {
  readonly revision?: string;
  readonly cache?: string;
  readonly offline?: boolean;
}

/** `ser encoder pull | info | export`. */
export function encoderCommand(): Command {
  const encoder = new Command('encoder').description('download, look at or export a speech encoder');

  hubOptions(
    encoder
      .command('pull')
      .description('download an encoder from the Hugging Face hub; a broken download is taken up where it stopped')
      .argument('<id>', 'such as microsoft/wavlm-large'),
  ).action(async (id: string, options: HubOptions) => {
    print(await pull(id, options));
  });

  hubOptions(
    encoder
      .command('info')
      .description('what an encoder is, checked against its weights')
      .argument('<encoder>', 'folder with config.json and weights, or the id of one that was downloaded')
      .option('--json', 'print JSON'),
  ).action(async (source: string, { json, ...options }: HubOptions & { json?: boolean }) => {
    const { inspectFolder } = await encoders();
    const report = await inspectFolder(await folderOf(source, options));
    print(json ? JSON.stringify(report, null, 2) : describe(report));
  });

  hubOptions(
    encoder
      .command('export')
      .description('write an ONNX model: waves [batch, samples] and lengths in, frames and mask out, any length')
      .argument('<encoder>', 'folder with config.json and weights, or a hub id')
      .argument('<file>', 'such as out.onnx')
      .option('--layers', 'also every layer, stacked'),
  ).action(async (source: string, file: string, { layers, ...options }: HubOptions & { layers?: boolean }) => {
    await import('@tensorflow/tfjs'); // a backend to hold the weights
    const { exportEncoder, loadEncoder } = await encoders();
    const loaded = await loadEncoder(await folderOf(source, options));
    const bytes = exportEncoder(loaded, { layers: layers === true, metadata: { source } });
    loaded.dispose();
    await writeFileWhole(file, bytes);
    print(`${file}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  });

  return encoder;
}

const hubOptions = (command: Command): Command =>
  command
    .option('--revision <name>', 'branch, tag or commit on the hub (default: main)')
    .option('--cache <folder>', 'where downloads are kept (default: SER_CACHE, or .cache/ser in the home folder)')
    .option('--offline', 'use what was downloaded and ask no server');

/** A folder goes before a hub id of the same name. */
async function folderOf(source: string, options: HubOptions): Promise<string> {
  const isThere = await stat(source).then(
    () => true,
    () => false,
  );
  const { isHubId } = await encoders();
  return !isThere && isHubId(source) ? pull(source, options) : source;
}

async function pull(id: string, { revision, cache, offline }: HubOptions): Promise<string> {
  const { pullEncoder } = await encoders();
  const bars = new Map<string, SingleBar>();
  const terminal = process.stderr.isTTY;
  const onProgress = ({ file, received, total }: DownloadProgress): void => {
    const known = bars.get(file);
    const bar =
      known ??
      new SingleBar(
        { format: `${file} {bar} {percentage} % of {size}`, noTTYOutput: !terminal, notTTYSchedule: 10_000 },
        Presets.shades_classic,
      );
    if (!known) {
      bars.set(file, bar);
      bar.start(total, received, { size: `${(total / 1e6).toFixed(1)} MB` });
    }
    bar.update(received);
    if (received >= total) bar.stop();
  };
  try {
    return await pullEncoder(id, {
      ...(revision === undefined ? {} : { revision }),
      ...(cache === undefined ? {} : { cacheDir: cache }),
      ...(offline === undefined ? {} : { offline }),
      onProgress,
    });
  } finally {
    for (const bar of bars.values()) bar.stop();
  }
}

function describe({ config, weights, parameters, prefix, ignored }: FolderReport): string {
  const rows: [string, string][] = [
    ['kind', config.kind],
    ['weights', weights],
    ['parameters', `${(parameters / 1e6).toFixed(1)} M`],
    ['features', String(config.hiddenSize)],
  ];
  if (config.kind !== 'logmel')
    rows.push(['blocks', `${config.layerCount} of ${config.heads} heads, ${config.feedForward} inner features`]);
  if (config.kind === 'wavlm' || config.kind === 'hubert') {
    rows.push([
      'norm',
      `${config.convNorm} norm in the convolutions, ${config.preNorm ? 'before' : 'after'} each sub-layer of a block`,
    ]);
    rows.push(['input', config.normalizeInput ? 'each waveform to zero mean and unit variance' : 'waveform as it is']);
    rows.push(['batches', config.convNorm === 'group' ? 'of equal lengths, never padded' : 'padded, under a mask']);
  }
  if (prefix) rows.push(['prefix', prefix]);
  if (ignored.length > 0)
    rows.push(['not used', `${ignored.length} tensors of other parts, such as ${ignored[0] ?? ''}`]);
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n');
}

/** Loaded when it is needed: the other commands start without tfjs. */
const encoders = () => import('@ser/frontend-wavlm');

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

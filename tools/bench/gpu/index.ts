/**
 * npm run bench -- gpu: the measurement on a machine with a GPU, which often has PyTorch, no Node and no network. This
 * side makes the folders that are copied there, and the table of docs/performance.md from what came back.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { OptionError } from '../process';
import { makeCudaFolder } from './cuda-folder';
import { makePack } from './pack';
import { placeTable } from './place-table';
import { readReport } from './report';
import { markdown } from './table';

export const help = `npm run bench -- gpu --pack FOLDER | --cuda FOLDER | --table gpu.json
  --pack FOLDER   write Node, the packages, the bench, PyTorch's side and run.sh into FOLDER (less than 60 MB), to be
                  copied to a machine with a GPU; there: FOLDER/run.sh --help
  --cuda FOLDER   write a second folder, ONNX Runtime's CUDA provider (less than 60 MB): run.sh --cuda FOLDER
  --chip N        compute capability of that machine's card, default 9.0 (H100, H200)
  --wheel FILE    onnxruntime_gpu-….whl of onnxruntime-node's version; fetched with pip of --python when absent
  --python PATH   default python3
  --table FILE    print the tables of a gpu.json that came back
  --into FILE     write them between the lines <!-- gpu --> and <!-- /gpu --> of FILE instead`;

export async function gpu(args: readonly string[]): Promise<void> {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      pack: text(''),
      cuda: text(''),
      chip: text('9.0'),
      wheel: text(''),
      python: text('python3'),
      table: text(''),
      into: text(''),
    },
  });
  if (options.pack + options.cuda + options.table === '')
    throw new OptionError('gpu: expected --pack, --cuda or --table');
  if (options.pack !== '') await makePack(options.pack);
  if (options.cuda !== '') makeCudaFolder(options.cuda, options);
  if (options.table !== '') await printTable(options.table, options.into);
}

async function printTable(file: string, into: string): Promise<void> {
  const table = tableOf(file);
  if (into === '') {
    console.log(table);
    return;
  }
  if (!existsSync(into)) throw new OptionError(`--into: no such file: ${into}`);
  const placed = placeTable(readFileSync(into, 'utf8'), table);
  if (placed === undefined) throw new OptionError(`--into: ${into} has no lines <!-- gpu --> and <!-- /gpu -->`);
  writeFileSync(into, await format(placed, { ...(await resolveConfig(into)), filepath: into }));
}

function tableOf(file: string): string {
  if (!existsSync(file)) throw new OptionError(`--table: no such file: ${file}`);
  try {
    return markdown(readReport(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new OptionError(`--table: ${file} ${error instanceof Error ? error.message : String(error)}`);
  }
}

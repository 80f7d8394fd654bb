import { Command } from 'commander';
import { InputError } from '@ser/files';
import type { EmbeddingChoice } from '../inference/graph/network';
import type { Embedding } from '../inference/write-embeddings';
import { addModelOptions, eachUsable, modelArgument, modelOptions, type ModelFlags } from './model-options';

interface EmbedFlags extends ModelFlags {
  readonly out: string;
  readonly layer?: string;
}

/** `ser embed MODEL recordings/ --out=embeddings.npy`. */
export function embedCommand(): Command {
  const command = new Command('embed')
    .description('write the embedding of each recording: .npy with its file names as .csv beside it, or .parquet')
    .argument('<model>', modelArgument)
    .argument('<recordings...>', 'as for ser predict')
    .requiredOption('--out <file>', 'file to write, .npy or .parquet')
    .option(
      '--layer <layer>',
      "projection (what the classifier sees; default), utterance (the pooled frames), or a number: the mean over time of that layer of the encoder (0: the first block's input)",
    );
  return addModelOptions(command).action(async (path: string, args: string[], flags: EmbedFlags) => {
    const { checkEmbeddingFile, writeEmbeddings } = await import('../inference/write-embeddings');
    checkEmbeddingFile(flags.out);
    const embedding = flags.layer === undefined ? {} : { embedding: layerOf(flags.layer) };
    const { expandInputs } = await import('../inference/inputs');
    const { openRecognizer } = await import('../inference/open-recognizer');
    const recognizer = await openRecognizer(path, { ...modelOptions(flags), ...embedding });
    const rows: Embedding[] = [];
    const finish = async (): Promise<void> => {
      await recognizer.close();
      if (rows.length > 0) process.stdout.write(`${(await writeEmbeddings(flags.out, rows)).join('\n')}\n`);
    };
    try {
      const inputs = await expandInputs(args, process.stdin);
      await eachUsable(
        inputs,
        ({ name }) => name,
        async ({ name, read }) => {
          const { label, embedding: values } = await recognizer.recognize(await read());
          rows.push({ file: name, label, values });
        },
      );
    } finally {
      await finish();
    }
  });
}

function layerOf(text: string): EmbeddingChoice {
  if (text === 'projection' || text === 'utterance') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InputError(`--layer=${text}: expected projection, utterance or the number of a layer`);
}

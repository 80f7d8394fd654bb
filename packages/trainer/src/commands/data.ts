import { Command, Option } from 'commander';

interface CorpusOptions {
  readonly dataDir?: string;
  readonly allowIncomplete?: boolean;
  readonly where?: string;
  readonly foldsBy?: string;
  readonly json?: boolean;
  readonly sharedSpeakers?: 'allowed' | 'refused';
}

const corpusArgument = 'the name of a card, such as ravdess or demo, or its path (.json)';

/** `ser data check | folds | get | init`. */
export function dataCommand(): Command {
  const data = new Command('data').description('check, split, get or bring a corpus');

  corpusCommand(
    'check',
    'count classes, speakers, folds and seconds; list duplicates, silent, clipped and unreadable files',
  )
    .option('--workers <n>', 'decoder threads (default: one less than the cores)', Number)
    .action(async (name: string, options: CorpusOptions & { workers?: number }) => {
      const { checkCorpus, describeCheck, openCorpus } = await datasets();
      const corpus = await openCorpus(name, options.dataDir, options);
      const check = await checkCorpus(corpus, {
        ...(options.workers !== undefined && { workers: options.workers }),
        ...(options.sharedSpeakers !== undefined && { sharedSpeakers: options.sharedSpeakers }),
        onProgress: progress('files'),
      });
      print(options.json ? JSON.stringify(check, null, 2) : describeCheck(check));
      if (check.unreadable.length > 0 || check.foldFault !== undefined) process.exitCode = 2;
    });

  corpusCommand('folds', 'print the folds with their class counts').action(
    async (name: string, options: CorpusOptions) => {
      const { assertNoSharedAudio, describeFolds, folds, foldStatistics, openCorpus } = await datasets();
      const corpus = await openCorpus(name, options.dataDir, options);
      const made = folds(corpus, options);
      await assertNoSharedAudio(made);
      const statistics = made.map((fold) => foldStatistics(fold, corpus));
      print(options.json ? JSON.stringify(statistics, null, 2) : describeFolds(statistics));
      if (!options.json) for (const note of corpus.notes) print(`note: ${note}`);
    },
  );

  data
    .command('get')
    .description('download a corpus that may be downloaded; of the others, say where to ask and what to unpack where')
    .argument('<dataset>', corpusArgument)
    .option('--data-dir <folder>', 'where to put it')
    .action(async (name: string, { dataDir }: CorpusOptions) => {
      const { getCorpus } = await datasets();
      const show = progress('MB', 1e6);
      for (const line of await getCorpus(name, dataDir, { onProgress: ({ received, total }) => show(received, total) }))
        print(line);
    });

  data
    .command('init')
    .description('look at a folder or table, and write a card to start from: card.json beside the data')
    .argument('<folder>', 'a folder of audio, or a table (.csv, .tsv, .jsonl, .json)')
    .option('--out <file>', 'where to write the card')
    .action(async (target: string, { out }: { readonly out?: string }) => {
      const { initCard } = await datasets();
      for (const line of (await initCard(target, out === undefined ? {} : { out })).lines) print(line);
    });

  function corpusCommand(name: string, description: string): Command {
    return data
      .command(name)
      .description(description)
      .argument('<dataset>', corpusArgument)
      .option('--data-dir <folder>', 'where the corpus is')
      .option('--allow-incomplete', 'go on when counts differ from the card')
      .option('--where <rules>', 'only utterances with these values of columns: gender=female,language=pl|de')
      .option('--folds-by <column[:k]>', 'folds by another column than the card says')
      .addOption(
        new Option('--shared-speakers <rule>', 'whether speakers may be in train and test, as in MELD').choices([
          'allowed',
          'refused',
        ]),
      )
      .option('--json', 'print JSON');
  }
  return data;
}

/** Loaded when it is needed: the other commands start without it. */
const datasets = () => import('@ser/datasets');

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A counter on standard error that rewrites itself on a terminal, and is a line each tenth elsewhere. */
function progress(unit: string, scale = 1): (done: number, total: number) => void {
  let shown = -1;
  return (done, total) => {
    const terminal = process.stderr.isTTY;
    const step = Math.floor((done / total) * (terminal ? 1000 : 10));
    if (step === shown) return;
    shown = step;
    const text = `${Math.round(done / scale)} of ${Math.round(total / scale)} ${unit}`;
    process.stderr.write(terminal ? `\r${text}${done === total ? '\n' : ''}` : `${text}\n`);
  };
}

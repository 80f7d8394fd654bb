/** npm run tfjs-node -- [--gpu] [FOLDER]: tfjs-node with the TensorFlow of a Python wheel. */
import { parseArgs } from 'node:util';
import { build, buildCached, CannotBuild } from './build';

const help = `npm run tfjs-node -- [--gpu] [FOLDER]
  installs @tensorflow/tfjs-node into FOLDER and compiles it against the wheel tensorflow-cpu; ser uses it when started there
  (without FOLDER: in the cache, for npm run bench and the tests)
  --gpu  @tensorflow/tfjs-node-gpu against the wheel tensorflow, for CUDA 12`;

/** For one download or the compilation. */
const seconds = 900;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { gpu: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const kind = values.gpu ? 'gpu' : 'cpu';
  const [folder] = positionals;
  if (values.help) console.log(help);
  else if (folder === undefined) console.log(buildCached(kind, seconds));
  else build(kind, folder, seconds);
} catch (error) {
  const badOption = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (!(error instanceof CannotBuild) && !badOption) throw error;
  console.error(`tfjs-node: ${error.message}`);
  process.exitCode = 2;
}

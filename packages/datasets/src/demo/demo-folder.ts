import path from 'node:path';
import { cacheFolder, fileError, InputError, isInputError } from '@ser/files';
import { isDemoCorpus, writeDemoCorpus } from './write-demo-corpus';

/** Changes whenever the synthesiser does, so that no machine goes on with old audio. */
const version = 1;

/** The folder of the demo corpus, which is made if it is not there (in a few seconds). */
export async function demoFolder(dir: string = path.join(cacheFolder(), `demo-v${version}`)): Promise<string> {
  if (await isDemoCorpus(dir)) return dir;
  try {
    await writeDemoCorpus(dir);
  } catch (error) {
    const refused = fileError(error, dir);
    if (!isInputError(refused)) throw refused;
    throw new InputError(`${refused.message}; the demo corpus is to be written here, SER_CACHE names another folder`);
  }
  return dir;
}

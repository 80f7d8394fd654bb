import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from '../cache-folder';
import { InputError } from '../input-error';
import { isDemoCorpus, writeDemoCorpus } from './write-demo-corpus';

/** Changes whenever the synthesiser does, so that no machine goes on with old audio. */
const version = 1;

/** The folder of the demo corpus, which is made if it is not there (in a few seconds). */
export async function demoFolder(dir: string = path.join(cacheFolder(), `demo-v${version}`)): Promise<string> {
  if (await isDemoCorpus(dir)) return dir;
  try {
    await mkdir(path.dirname(dir), { recursive: true });
    await writeDemoCorpus(dir);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new InputError(`${dir}: the demo corpus cannot be written here (${code}); SER_CACHE names another folder`);
  }
  return dir;
}

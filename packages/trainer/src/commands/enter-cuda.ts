import type { Config } from '../config/schema';
import { bringProvider, libraryPath, runtimeFolder } from '../cuda/link-provider';
import { reenter, withLibraries } from '../cuda/reenter';
import { ownCommand } from './launcher';

/**
 * Before CUDA is used: its provider is linked where it can be found, and where CUDA's libraries are not on the library
 * path this command runs again with them, in a process of its own, and this process ends with its exit code.
 *
 * @throws {InputError} when SER_ORT_CUDA names something that does not fit
 */
export async function enterCuda(engine: Config['engine']): Promise<void> {
  if ((engine !== 'onnx-cuda' && engine !== 'auto') || process.platform !== 'linux') return;
  const runtime = runtimeFolder();
  await bringProvider(runtime);
  const env = withLibraries(libraryPath(runtime));
  if (env) process.exit(await reenter([...ownCommand(), ...process.argv.slice(2)], env));
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { placeProvider, providerFiles } from './place-provider';
import type { Places } from './places';
import { runProcess } from './run-process';
import {
  cudaFolders,
  findCard,
  findVulkan,
  type Found,
  missingLibraries,
  type Variables,
  withVariables,
} from './surroundings';
import type { Engine } from './tasks';

export type Engines = Readonly<Record<Engine, Found>>;

/** Under which variables each engine finds its libraries. The CUDA provider is put into its place. */
export function findEngines(places: Places, options: { cuda: string; python: string; tiny: boolean }): Engines {
  const { runtime, lib, work } = places;
  const misplaced = placeProvider(options.cuda, runtime, findCard());
  const env: Variables = { LD_LIBRARY_PATH: [runtime.folder, ...cudaFolders(options.python)].join(':') };
  const library = path.join(runtime.folder, providerFiles[0]);
  const lacking = existsSync(library) ? missingLibraries(library, withVariables(env)) : [];
  const missing =
    misplaced ?? (lacking.length > 0 ? `CUDA's libraries are not found: ${lacking.join(', ')}` : undefined);
  return {
    cpu: { env: {} },
    webgpu: findVulkan({ lib, work, tiny: options.tiny }),
    cuda: missing === undefined ? { env } : { missing },
  };
}

/** The environment of a process that uses an engine, or none of ours. */
export function environmentOf(found: Found | undefined, work: string, tiny = false): NodeJS.ProcessEnv {
  return withVariables({
    // Threads of tiny work only wait for each other.
    ...(tiny ? { OMP_NUM_THREADS: '1' } : {}),
    ORT_DISABLE_TELEMETRY: '1',
    SER_CACHE: path.join(work, 'cache'),
    // Nothing is fetched, and nothing is left in the user's home.
    HF_HUB_OFFLINE: '1',
    TORCHINDUCTOR_CACHE_DIR: path.join(work, 'inductor'),
    TRITON_CACHE_DIR: path.join(work, 'triton'),
    ...(found && 'env' in found ? found.env : {}),
  });
}

/** What `ser doctor` says, line by line, and of each engine that does not work why. */
export async function askDoctor(
  places: Places,
  engines: Engines,
): Promise<{ lines: string[]; reasons: Partial<Record<Engine, string>> }> {
  const variables = Object.values(engines).flatMap((found) => ('env' in found ? [found.env] : []));
  const libraries = variables.flatMap((env) => env['LD_LIBRARY_PATH'] ?? []).join(':');
  const joined = variables.reduce((all, own) => ({ ...all, ...own }), {});
  const env = environmentOf({ env: { ...joined, LD_LIBRARY_PATH: libraries } }, places.work);
  const { output } = await runProcess(process.execPath, [places.ser, 'doctor'], { seconds: 60, env });
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const reasons: Partial<Record<Engine, string>> = {};
  for (const engine of ['webgpu', 'cuda'] as const) {
    const found = engines[engine];
    const name = `onnx-${engine}`;
    const said = lines
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim();
    if ('missing' in found) reasons[engine] = found.missing;
    else if (said !== undefined && said !== 'works') reasons[engine] = said;
  }
  return { lines, reasons };
}

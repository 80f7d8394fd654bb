import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where ONNX Runtime ran a node of a compiled function. */
export interface Placed {
  /** The tfjs kernel that the node comes from; empty for what ONNX Runtime put in itself. */
  readonly kernel: string;
  /** The ONNX operator, MemcpyToHost and MemcpyFromHost among them. */
  readonly op: string;
  readonly provider: string;
  /** ONNX's name of the first input's type. */
  readonly type: string;
}

interface ProfileEvent {
  readonly name: string;
  readonly args?: {
    readonly op_name?: string;
    readonly provider?: string;
    readonly input_type_shape?: readonly object[];
  };
}

/**
 * Runs `job` with a prefix for profiles (`jit`'s option `profile`), and reads from them where each node ran; a
 * node that ran several times is listed once. The functions must be disposed of within the job.
 */
export async function placementsOf(job: (profile: string) => Promise<void>): Promise<Placed[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'onnx-jit-profile-'));
  try {
    await job(path.join(folder, 'profile'));
    const placed = new Map<string, Placed>();
    for (const file of readdirSync(folder)) {
      const events = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as ProfileEvent[];
      for (const { name, args } of events) {
        if (!name.endsWith('_kernel_time') || !args?.op_name || !args.provider) continue;
        const [, kernel = ''] = /^(\w+)#\d+/.exec(name) ?? [];
        placed.set(`${file} ${name}`, {
          kernel,
          op: args.op_name,
          provider: args.provider,
          type: Object.keys(args.input_type_shape?.[0] ?? {})[0] ?? '',
        });
      }
    }
    return [...placed.values()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What did not run on the given provider, as "Op (of tfjs Kernel)", each once. */
export function elsewhere(placed: readonly Placed[], provider: string): string[] {
  const found = placed.filter((p) => p.provider !== provider || p.op.startsWith('Memcpy'));
  return [...new Set(found.map((p) => (p.kernel ? `${p.op} (of ${p.kernel})` : p.op)))].sort();
}

import type { Checkpoint } from '../checkpoints/checkpoint';
import { InputError } from '../input-error';
import type { ParameterSpec } from '../encoders/parameters';

/** What models that stand on an encoder put beside it; not part of the encoder itself. */
const HEADS =
  /^(lm_head|classifier|projector|proj_out|objective|feature_extractor_?proj|label_embs_concat|final_proj|quantizer|project_(hid|q)|layer_weights|model\.decoder|decoder)(\.|$)/;

export interface TensorMatch {
  /** Parameter name → name in the checkpoint; an optional one that is absent is left out. */
  names: Map<string, string>;
  /** What the checkpoint puts before every name, such as `wavlm.`. */
  prefix: string;
  /** Tensors of other parts of a bigger model (classifiers, decoders). */
  ignored: string[];
}

/**
 * Finds every parameter in a checkpoint, whatever prefix it carries.
 *
 * @param prefixes pairs of (prefix in the checkpoint, prefix of the parameter names it stands for)
 * @throws InputError listing missing, extra and misshapen tensors together
 */
export function matchTensors(
  checkpoint: Checkpoint,
  specs: readonly ParameterSpec[],
  prefixes: readonly (readonly [string, string])[],
): TensorMatch {
  const stored = checkpoint.tensors;
  const candidates = prefixes.map(([there, here]) => {
    const rename = (name: string): string => there + name.slice(here.length);
    const found = specs.filter((spec) => find(stored, spec, rename) !== undefined);
    return { there, rename, found: found.length };
  });
  const best = candidates.reduce((a, b) => (b.found > a.found ? b : a));
  const names = new Map<string, string>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const spec of specs) {
    const name = find(stored, spec, best.rename);
    if (name === undefined) {
      if (!spec.optional) missing.push(best.rename(spec.name));
      continue;
    }
    names.set(spec.name, name);
    const shape = stored.get(name)?.shape ?? [];
    if (shape.join() !== spec.shape.join()) misshapen.push(`${name} [${shape}] instead of [${spec.shape}]`);
  }
  const used = new Set(names.values());
  const others = [...stored.keys()].filter((name) => !used.has(name));
  const ignored = others.filter((name) => HEADS.test(name) || (best.there !== '' && !name.startsWith(best.there)));
  const extra = others.filter((name) => !ignored.includes(name));
  const lists = [list('missing', missing), list('extra', extra), list('misshapen', misshapen)].filter(
    (text) => text !== '',
  );
  if (lists.length) throw new InputError(`${checkpoint.path}: does not fit its config.json; ${lists.join('; ')}`);
  return { names, prefix: best.there, ignored };
}

function find(
  stored: ReadonlyMap<string, unknown>,
  spec: ParameterSpec,
  rename: (name: string) => string,
): string | undefined {
  return [spec.name, ...(spec.alias ? [spec.alias] : [])].map(rename).find((name) => stored.has(name));
}

const list = (what: string, names: readonly string[]): string =>
  names.length ? `${what} (${names.length}): ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}` : '';

/**
 * The kernels in a library that nvcc compiled lie in the section `.nv_fatbin`: containers, one after the other, each
 * with a copy of its kernels for every chip. All numbers are little-endian.
 */

const magic = 0xba55ed50;

/** Kind of an entry that is machine code; another one is PTX, for chips to come. */
const machineCode = 2;

/**
 * Fills the kernels that a chip does not run with zeros, which compress to nothing; sizes and places stay.
 *
 * @param library bytes of an ELF file of 64 bits; written to
 * @param chip compute capability without its point, such as 90
 * @returns bytes of kernels kept, and filled
 * @throws Error when there is no such section, or it is not built as expected, or has nothing for the chip
 */
export function dropOtherKernels(library: Buffer, chip: number): { kept: number; dropped: number } {
  const { offset, size } = sectionOf(library, '.nv_fatbin');
  const end = offset + size;
  let kept = 0;
  let dropped = 0;
  let at = offset;
  while (at < end) {
    // Containers begin at multiples of 8 bytes.
    if (library.readUInt32LE(at) === 0) {
      at += 8;
      continue;
    }
    if (library.readUInt32LE(at) !== magic) throw new Error(`.nv_fatbin: no container at byte ${at - offset}`);
    const first = at + library.readUInt16LE(at + 6);
    const next = first + Number(library.readBigUInt64LE(at + 8));
    if (next > end) throw new Error(`.nv_fatbin: the container at byte ${at - offset} does not end in it`);
    const entries = entriesOf(library, first, next);
    const chosen = chosenFor(chip, entries);
    for (const { from, to, kind, arch } of entries) {
      if (kind !== machineCode || arch === chosen) kept += to - from;
      else {
        library.fill(0, from, to);
        dropped += to - from;
      }
    }
    at = next;
  }
  if (kept === 0) throw new Error(`the library has no kernels for compute capability ${chip}`);
  return { kept, dropped };
}

interface Entry {
  readonly kind: number;
  readonly arch: number;
  /** Of its code. */
  readonly from: number;
  readonly to: number;
}

function entriesOf(library: Buffer, first: number, end: number): Entry[] {
  const entries: Entry[] = [];
  let at = first;
  while (at < end) {
    const from = at + library.readUInt32LE(at + 4);
    const to = from + Number(library.readBigUInt64LE(at + 8));
    if (from <= at || to > end) throw new Error('.nv_fatbin: an entry does not end in its container');
    entries.push({ kind: library.readUInt16LE(at), arch: library.readUInt32LE(at + 28), from, to });
    at = to;
  }
  return entries;
}

/** Code runs on chips of its major version, from its own minor version on; the newest of these is taken. */
function chosenFor(chip: number, entries: readonly Entry[]): number | undefined {
  const major = Math.floor(chip / 10);
  const fitting = entries.flatMap(({ kind, arch }) =>
    kind === machineCode && Math.floor(arch / 10) === major && arch <= chip ? [arch] : [],
  );
  return fitting.length === 0 ? undefined : Math.max(...fitting);
}

function sectionOf(library: Buffer, wanted: string): { offset: number; size: number } {
  if (library.readUInt32BE(0) !== 0x7f454c46 || library[4] !== 2) throw new Error('not an ELF file of 64 bits');
  const table = Number(library.readBigUInt64LE(0x28));
  const width = library.readUInt16LE(0x3a);
  const count = library.readUInt16LE(0x3c);
  const header = (index: number) => {
    const at = table + index * width;
    return {
      name: library.readUInt32LE(at),
      offset: Number(library.readBigUInt64LE(at + 24)),
      size: Number(library.readBigUInt64LE(at + 32)),
    };
  };
  const names = header(library.readUInt16LE(0x3e)).offset;
  for (let index = 0; index < count; index++) {
    const { name, offset, size } = header(index);
    const from = names + name;
    if (library.toString('latin1', from, library.indexOf(0, from)) === wanted) return { offset, size };
  }
  throw new Error(`no section ${wanted}`);
}

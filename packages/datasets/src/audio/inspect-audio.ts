import { createHash } from 'node:crypto';
import { decodeBlocks, type Span } from './decode';

/** What there is to say about a recording without listening to it. */
export interface AudioReport {
  readonly seconds: number;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Largest absolute sample; full scale is 1. */
  readonly peak: number;
  /** Root mean square over all channels. */
  readonly rms: number;
  /** Samples in runs of three or more at full scale. */
  readonly clipped: number;
  /** Whether the header counts its own bytes as samples: no more is lost than was never there. */
  readonly isOverstated: boolean;
  /** SHA-256 of rate and samples: equal for equal audio, whatever its header or container, in mono as with equal channels. */
  readonly digest: string;
}

/** The last step before full scale of 16 bits. */
const fullScale = 32767 / 32768;

/**
 * Decodes a file and measures it, without resampling.
 *
 * @throws {InputError} naming the file and what was expected.
 */
export async function inspectAudio(path: string, span: Span = {}): Promise<AudioReport> {
  return decodeBlocks(path, span, async (header, blocks) => {
    const { sampleRate, channels } = header;
    // By channel: blocks differ from format to format, and equal audio is to have one digest.
    const hashes = Array.from({ length: channels }, () => createHash('sha256'));
    const runs = new Array<number>(channels).fill(0);
    let frames = 0;
    let peak = 0;
    let energy = 0;
    let clipped = 0;
    for await (const block of blocks) {
      frames += block[0]?.length ?? 0;
      for (const [c, channel] of block.entries()) {
        hashes[c]?.update(new Uint8Array(channel.buffer, channel.byteOffset, channel.byteLength));
        let run = runs[c] ?? 0;
        for (const x of channel) {
          const size = Math.abs(x);
          if (size > peak) peak = size;
          energy += x * x;
          run = size >= fullScale ? run + 1 : 0;
          clipped += run === 3 ? 3 : run > 3 ? 1 : 0;
        }
        runs[c] = run;
      }
    }
    const digests = hashes.map((hash) => hash.digest('hex'));
    const isMono = new Set(digests).size === 1;
    return {
      seconds: frames / sampleRate,
      sampleRate,
      channels,
      peak,
      rms: Math.sqrt(energy / (frames * channels)),
      clipped,
      isOverstated: 'isOverstated' in header && header.isOverstated === true,
      digest: createHash('sha256')
        .update([sampleRate, ...(isMono ? digests.slice(0, 1) : digests)].join(' '))
        .digest('hex'),
    };
  });
}

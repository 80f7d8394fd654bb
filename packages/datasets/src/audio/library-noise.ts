/** How the lines begin that the decoder libraries write to the console, beside the errors that they return. */
const noise = /^(mpg123-decoder: |libopus |@wasm-audio-decoders\/)/;

let users = 0;
let original = console.error;

/** Runs something while these lines go nowhere. All others are still written. */
export async function withoutLibraryNoise<T>(use: () => T | Promise<T>): Promise<T> {
  if (users++ === 0) {
    const write = (original = console.error);
    console.error = (...args: unknown[]) => {
      if (typeof args[0] !== 'string' || !noise.test(args[0])) write(...args);
    };
  }
  try {
    return await use();
  } finally {
    if (--users === 0) console.error = original;
  }
}

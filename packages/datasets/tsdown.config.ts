import { defineConfig } from 'tsdown';
import shared from '../../tsdown.config';

// The decoder's threads load a file of their own.
export default defineConfig({
  ...shared,
  entry: { index: 'src/index.ts', 'decode-worker': 'src/audio/decode-worker.ts' },
});

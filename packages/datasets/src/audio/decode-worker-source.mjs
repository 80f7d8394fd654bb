// Runs decode-worker.ts from the repository's sources: tsx, given as --import, leaves worker threads alone.
import { register } from 'tsx/esm/api';

register();
await import('./decode-worker.ts');

// Starts a worker written in TypeScript from source (development and tests); a built package does not use this file.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.module);

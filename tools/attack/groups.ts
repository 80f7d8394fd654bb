import type { Attack } from './attack';

/** Each group of attacks has a file of its own, loaded when it is asked for. */
export const groups: Readonly<Record<string, () => Promise<readonly Attack[]>>> = {
  corpora: async () => (await import('./corpora')).attacks(),
  encoders: async () => (await import('./encoders')).attacks(),
  settings: async () => (await import('./settings')).attacks(),
  models: async () => (await import('./models')).attacks(),
  runs: async () => (await import('./runs')).attacks(),
};

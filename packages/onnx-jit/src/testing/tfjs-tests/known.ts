/** Tests of tfjs-core that are known to fail, each with its reason. */
export const knownFailures: Readonly<Record<string, string>> = {};

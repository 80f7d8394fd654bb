/**
 * What each package may import, lowest first. Arrows only go up this list (a package never imports one
 * below it) and of the packages that others build on, only those named here are shared at all.
 */
export const arrows = {
  files: [],
  'augment-eam': [],
  'pool-flam': [],
  'losses-mll': [],
  'onnx-jit': [],
  'frontend-wavlm': ['files', 'onnx-jit'],
  datasets: ['files'],
  recognize: [],
  trainer: ['files', 'augment-eam', 'pool-flam', 'losses-mll', 'onnx-jit', 'frontend-wavlm', 'datasets', 'recognize'],
};

/** The same arrows as constraints for `@nx/enforce-module-boundaries`; tags stand in each package.json. */
export const depConstraints = Object.entries(arrows).map(([name, allowed]) => ({
  sourceTag: `package:${name}`,
  onlyDependOnLibsWithTags: [name, ...allowed].map((target) => `package:${target}`),
}));

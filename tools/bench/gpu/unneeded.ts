/** What is left out of the installed packages: it is for other platforms, for browsers, or to be read by people. */

const endings = /\.(map|md|d\.ts|d\.mts|d\.cts|tsbuildinfo|flow)$/;

/** Folders that no program in Node reads. */
const folders = [
  /^@types\//,
  /^@webgpu\/types\//,
  // Only a page loads it.
  /^onnxruntime-web\/(dist|lib)\//,
  /^onnxruntime-common\/(dist\/esm|lib)\//,
  // ES modules import echarts/index.js and what it needs of lib/.
  /^echarts\/(dist|build|theme|types|asset|licenses)\//,
  /^zrender\/(dist|build)\//,
  /^@huggingface\/tasks\//,
  // Polyfills of tfjs for old browsers are bundled; the sources of our own packages are in dist.
  /^@ser\/[^/]+\/src\//,
  /^@ser\/[^/]+\/dist\/[^]*\.cjs$/,
];

/**
 * @param file path under `node_modules`, with slashes
 * @param platform and processor, such as `linux/x64`
 */
export function isUnneeded(file: string, platform: string): boolean {
  if (endings.test(file) || folders.some((folder) => folder.test(file))) return true;
  const native = /^onnxruntime-node\/bin\/napi-v\d+\/([^/]+\/[^/]+)\//.exec(file);
  if (native) return native[1] !== platform;
  // Of tfjs Node loads one file a package, and the registration of gradients.
  const tfjs = /^@tensorflow\/[^/]+\/(.*)$/.exec(file)?.[1];
  return tfjs !== undefined && tfjs !== 'package.json' && !/^dist\/tf[a-z-]*\.node\.js$/.test(tfjs);
}

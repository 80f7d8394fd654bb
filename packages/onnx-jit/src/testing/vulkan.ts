import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { libraryFolders } from '../../../../tools/test-support/library-folders';
import { describeIf } from '../../../../tools/test-support/describe-if';

/** Environment variables under which ONNX Runtime's WebGPU provider finds a driver, or why it cannot. */
export type VulkanDriver = { readonly env: Readonly<Record<string, string>> } | { readonly missing: string };

// SwiftShader, which computes on the CPU, comes with Debian's chromium package; drivers of real GPUs register here.
const softwareDrivers = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const driverFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** Looks for a Vulkan driver: the one named in VK_DRIVER_FILES, SwiftShader, or one that is installed. */
export function findVulkan(): VulkanDriver {
  if (process.platform !== 'linux') return { env: {} }; // Metal and Direct3D come with the system
  const loader = [...libraryFolders, ...softwareDrivers].find((folder) =>
    existsSync(path.join(folder, 'libvulkan.so.1')),
  );
  if (!loader) return { missing: 'no libvulkan.so.1 (apt-get install libvulkan1, or chromium, which has one)' };
  const libraries: Record<string, string> = libraryFolders.includes(loader) ? {} : { LD_LIBRARY_PATH: loader };
  const named = process.env['VK_DRIVER_FILES'];
  if (named) return { env: { ...libraries, VK_DRIVER_FILES: named } };
  const software = softwareDrivers.map((folder) => path.join(folder, 'vk_swiftshader_icd.json')).find(existsSync);
  if (software) return { env: { ...libraries, VK_DRIVER_FILES: software } };
  if (driverFolders.some((folder) => existsSync(folder) && readdirSync(folder).some((f) => f.endsWith('.json')))) {
    return { env: libraries };
  }
  return { missing: 'no Vulkan driver (apt-get install chromium brings SwiftShader, or set VK_DRIVER_FILES)' };
}

/** `describe` for tests that need a driver: skipped, with the reason, where there is none. */
export function describeOnGpu(name: string, tests: (driver: VulkanDriver) => void): void {
  const driver = findVulkan();
  const reason = 'missing' in driver ? driver.missing : '';
  describeIf(reason === '', `${name}: ${reason}`)(name, () => tests(driver));
}

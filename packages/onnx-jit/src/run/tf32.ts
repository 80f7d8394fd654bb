import { CompileError } from '../errors';

/** Read by NVIDIA's libraries once, at their first use in a process; 0 keeps them from TF32 whatever they are asked for. */
const override = 'NVIDIA_TF32_OVERRIDE';

let settled: boolean | undefined;

/**
 * Says, before a CUDA session is opened, whether CUDA's libraries may multiply float32 numbers as TF32 (10 bits of
 * fraction), which is ONNX Runtime's default. onnxruntime-node 1.30 passes no option of the CUDA provider on but the
 * device, `use_tf32` among them, so the variable of NVIDIA's libraries does it, for the whole process.
 *
 * @param tf32 undefined leaves it as it is
 * @throws CompileError when an earlier session of this process was opened with the other choice
 */
export function settleTf32(tf32: boolean | undefined): void {
  const wanted = tf32 ?? settled ?? true;
  if (settled !== undefined && settled !== wanted)
    throw new CompileError(
      `tf32: ${wanted} comes too late: this process opened CUDA with tf32: ${settled}, and its libraries read that once`,
    );
  if (!wanted) process.env[override] = '0';
  settled = wanted;
}

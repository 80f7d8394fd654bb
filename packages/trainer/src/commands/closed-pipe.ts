import { errorCode } from '@ser/files';

/**
 * A reader that has seen enough (`| head`) closes the pipe. Without a reader of the results there is nothing left to do;
 * without one of the progress, work goes on.
 */
export function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.stderr.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
  });
}

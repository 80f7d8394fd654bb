export { cacheFolder } from './cache-folder';
export { download, type DownloadOptions, type DownloadProgress, type Source } from './download';
export { fileError, withFileErrors, withFileErrorsSync } from './file-error';
export { errorCode, InputError, isInputError, messageOf } from './input-error';
export { parseJson, readJsonIfThere } from './json';
export { lookAtLease, takeLease, type Lease, type LeaseOptions, type LeaseState, type LeaseTiming } from './lease';
export { makeFolder } from './make-folder';
export { decodeText, readText, readTextIfThere } from './read-text';
export { replaceFile, writeFileWhole, writeFileWholeSync } from './replace-file';

/** The file that a process holds while it has the folder of a fold. */
export const leaseFile = 'lock';

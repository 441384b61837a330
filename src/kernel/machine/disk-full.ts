/** A write that found no room, in the words of Go's os package. */
export class DiskFull extends Error {
  readonly code = 'ENOSPC';

  constructor(operation: 'write' | 'open', path: string) {
    super(`${operation} ${path}: no space left on device`);
  }
}

// Our own mistakes: an assert that fails stops the whole run, and whoever runs the world prints its seed.

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/**
 * In the page the code that a cluster does not run by itself comes in a second chunk (see src/README.md). Whoever meets it before it is there
 * throws this; the run is then begun again once it is, so that no history depends on how fast a file came.
 */
export class CodeNotLoaded extends AssertionFailure {
  /** How often that happened: somebody on the way may have caught one. */
  static times = 0;

  constructor() {
    super('code of the second chunk was reached before it was there');
    CodeNotLoaded.times++;
  }
}

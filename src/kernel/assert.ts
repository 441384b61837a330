// Our own mistakes: an assert that fails stops the whole run, and whoever runs the world prints its seed.

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

// What must always hold. A broken one is our own mistake, never a state to recover from.

export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new BrokenInvariant(text);
}

// Random identifiers, in the form of RFC 4122.
import type { Random } from '../kernel/host.ts';

/** A random (version 4) UUID. */
export function randomUuid(random: Random): string {
  return `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${'89ab'.charAt(random.below(4))}${random.hex(3)}-${random.hex(12)}`;
}

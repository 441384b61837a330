// Seeded dice. Every process has its own, so that what one process does never shifts another's.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { hashText } from './hash.ts';
import type { Random } from './host.ts';

const octets: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

export function createRandom(seed: number, ...names: readonly (string | number)[]): Random {
  let mixed = seed | 0;
  for (const name of names) mixed = Math.imul(mixed ^ hashText(String(name)), 0x9e3779b1) ^ (mixed >>> 16);
  const generator = xoroshiro128plus(mixed);
  const word = () => generator.next() >>> 0;
  const random: Random = {
    next: () => word() / 4294967296,
    below: (bound) => Math.floor((word() / 4294967296) * bound),
    hex(digits) {
      let text = '';
      while (text.length < digits) {
        const bits = word();
        text += (octets[bits >>> 24] as string) + (octets[(bits >>> 16) & 255] as string) + (octets[(bits >>> 8) & 255] as string) + (octets[bits & 255] as string);
      }
      return text.slice(0, digits);
    },
    letters(length, alphabet) {
      let text = '';
      for (let i = 0; i < length; i++) text += alphabet[random.below(alphabet.length)] as string;
      return text;
    },
  };
  return random;
}

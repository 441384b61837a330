// Seeded dice. Every process has its own, so that what one process does never shifts another's.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { hashText } from './hash.ts';
import type { Random } from './host.ts';

const octets: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

export function createRandom(seed: number, ...names: readonly (string | number)[]): Random {
  let mixed = seed | 0;
  for (const name of names) mixed = Math.imul(mixed ^ hashText(String(name)), 0x9e3779b1) ^ (mixed >>> 16);
  return new Dice(mixed);
}

class Dice implements Random {
  private readonly generator;
  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
  }
  private word(): number {
    return this.generator.next() >>> 0;
  }
  next(): number {
    return this.word() / 4294967296;
  }
  below(bound: number): number {
    return Math.floor((this.word() / 4294967296) * bound);
  }
  hex(digits: number): string {
    // Joined, not added up: the engine keeps a sum of texts as the tree of its parts, which for an id of 64 digits takes a kilobyte.
    const words: string[] = [];
    while (words.length * 8 < digits) {
      const bits = this.word();
      words.push((octets[bits >>> 24] as string) + (octets[(bits >>> 16) & 255] as string) + (octets[(bits >>> 8) & 255] as string) + (octets[bits & 255] as string));
    }
    return words.join('').slice(0, digits);
  }
  letters(length: number, alphabet: string): string {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[this.below(alphabet.length)] as string;
    return text;
  }
}

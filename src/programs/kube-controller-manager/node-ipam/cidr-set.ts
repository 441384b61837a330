// The pieces of a network, and which are taken. Hands out the next free one, round and round, as upstream does.
export class CidrSet {
  private readonly base: number;
  private readonly pieceSize: number;
  private readonly count: number;
  private readonly mask: number;
  private readonly taken = new Set<number>();
  private next = 0;

  /** `10.244.0.0/16` in pieces of /24. */
  constructor(cidr: string, mask: number) {
    const { address, prefix } = parseCidr(cidr);
    this.base = address;
    this.mask = mask;
    this.pieceSize = powerOfTwo(32 - mask);
    this.count = powerOfTwo(mask - prefix);
  }

  allocate(): string | undefined {
    for (let step = 0; step < this.count; step++) {
      const index = (this.next + step) % this.count;
      if (this.taken.has(index)) continue;
      this.taken.add(index);
      this.next = (index + 1) % this.count;
      return `${formatAddress(this.base + index * this.pieceSize)}/${this.mask}`;
    }
    return undefined;
  }

  occupy(cidr: string): void {
    for (const index of this.pieces(cidr)) this.taken.add(index);
  }

  release(cidr: string): void {
    for (const index of this.pieces(cidr)) this.taken.delete(index);
  }

  private pieces(cidr: string): readonly number[] {
    const { address, prefix } = parseCidr(cidr);
    const first = Math.max(0, Math.floor((address - this.base) / this.pieceSize));
    const last = Math.min(this.count - 1, Math.floor((address + powerOfTwo(32 - prefix) - 1 - this.base) / this.pieceSize));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  }
}

function powerOfTwo(exponent: number): number {
  let value = 1;
  for (let step = 0; step < exponent; step++) value *= 2;
  return value;
}

function parseCidr(cidr: string): { readonly address: number; readonly prefix: number } {
  const [address = '', prefix = '32'] = cidr.split('/');
  return { address: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), prefix: Number(prefix) };
}

function formatAddress(address: number): string {
  return [16_777_216, 65_536, 256, 1].map((unit) => Math.floor(address / unit) % 256).join('.');
}

// IPv4 addresses and blocks, as numbers: the little arithmetic that routing needs.

/** `10.1.2.3` as an unsigned 32-bit number; undefined when it is not an IPv4 address. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part)) return undefined;
    const byte = Number(part);
    if (byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

export interface Cidr {
  readonly base: number;
  readonly bits: number;
}

export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '32'] = text.split('/');
  const base = parseIpv4(address);
  const bits = Number(length);
  if (base === undefined || !(bits >= 0 && bits <= 32)) return undefined;
  return { base: base - (base % 2 ** (32 - bits)), bits };
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  const size = 2 ** (32 - cidr.bits);
  return address >= cidr.base && address < cidr.base + size;
}

/** `ip:port` in its two parts; the ip may be empty. */
export function splitAddress(address: string): { readonly ip: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { ip: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

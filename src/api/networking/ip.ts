// IP addresses and CIDRs as numbers: read as Go's netip does, printed in their canonical form.

export interface Ip {
  readonly family: 4 | 6;
  readonly bits: bigint;
}
export interface Cidr {
  readonly ip: Ip;
  readonly prefix: number;
}

const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** undefined when it is no address; leading zeros, zones and IPv4 inside IPv6 are none here. */
export function parseIp(text: string): Ip | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text);
}

function parseIp4(text: string): Ip | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let bits = 0n;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return { family: 4, bits };
}

function parseIp6(text: string): Ip | undefined {
  const halves = text.split('::');
  if (halves.length > 2 || /:::/.test(text)) return undefined;
  const read = (half: string | undefined): readonly string[] => (half === undefined || half === '' ? [] : half.split(':'));
  const head = read(halves[0]);
  const tail = read(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  let bits = 0n;
  for (const part of [...head, ...new Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    bits = (bits << 16n) | BigInt(`0x${part}`);
  }
  return { family: 6, bits };
}

export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const ip = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (ip === undefined || !/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > widthOf(ip.family)) return undefined;
  return { ip, prefix: Number(digits) };
}

/** The address with everything after the prefix zero. */
export function maskIp(ip: Ip, prefix: number): Ip {
  const rest = BigInt(widthOf(ip.family) - prefix);
  return { family: ip.family, bits: (ip.bits >> rest) << rest };
}

export function formatIp({ family, bits }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  const parts: bigint[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) parts.push((bits >> shift) & 0xffffn);
  // The longest run of at least two zeros is left out.
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; ) {
    let j = i;
    while (j < 8 && parts[j] === 0n) j++;
    if (j - i > best.length) best = { start: i, length: j - i };
    i = Math.max(j, i + 1);
  }
  const hex = (list: readonly bigint[]): string => list.map((each) => each.toString(16)).join(':');
  return best.start < 0 ? hex(parts) : `${hex(parts.slice(0, best.start))}::${hex(parts.slice(best.start + best.length))}`;
}

export const notAnIp = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

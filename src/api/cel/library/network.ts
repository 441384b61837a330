// Addresses, CIDRs and URLs in expressions: `ip("10.0.0.1").family()`, `cidr("10.0.0.0/8").containsIP("10.1.2.3")`, `url("https://a/b").getHost()`.
import { declare, opaqueType, type Library } from '../function.ts';
import { BuiltMap, CelError, CelList, type OpaqueValue } from '../values.ts';
import { formatIp, maskIp, parseCidr, parseIp, type Cidr, type Ip } from '../../networking/ip.ts';
import { parseUrl, type Url } from '../url.ts';

const ipType = opaqueType('net.IP');
const cidrType = opaqueType('net.CIDR');
const urlType = opaqueType('kubernetes.URL');

class IpValue implements OpaqueValue {
  readonly opaqueType = ipType;
  get size(): number {
    return this.ip.family === 4 ? 4 : 16;
  }
  readonly ip: Ip;
  constructor(ip: Ip) {
    this.ip = ip;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof IpValue && other.ip.family === this.ip.family && other.ip.bits === this.ip.bits;
  }
}

class CidrValue implements OpaqueValue {
  readonly opaqueType = cidrType;
  get size(): number {
    return Math.ceil(this.cidr.prefix / 8);
  }
  readonly cidr: Cidr;
  constructor(cidr: Cidr) {
    this.cidr = cidr;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof CidrValue && other.cidr.prefix === this.cidr.prefix && other.cidr.ip.family === this.cidr.ip.family && other.cidr.ip.bits === this.cidr.ip.bits;
  }
}

class UrlValue implements OpaqueValue {
  readonly opaqueType = urlType;
  readonly url: Url;
  constructor(url: Url) {
    this.url = url;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof UrlValue && other.url.text === this.url.text;
  }
}

function ip(text: string): IpValue {
  const address = parseIp(text);
  if (address === undefined) throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`);
  return new IpValue(address);
}

function cidr(text: string): CidrValue {
  const range = parseCidr(text);
  if (range === undefined) throw new CelError(`network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`);
  return new CidrValue(range);
}

const within = ({ ip: { family, bits } }: IpValue, network: string): boolean => {
  const range = parseCidr(network);
  return range !== undefined && range.ip.family === family && maskIp({ family, bits }, range.prefix).bits === maskIp(range.ip, range.prefix).bits;
};
const contains = ({ cidr: range }: CidrValue, address: Ip): boolean => address.family === range.ip.family && maskIp(address, range.prefix).bits === maskIp(range.ip, range.prefix).bits;
const containsCidr = (a: CidrValue, b: CidrValue): boolean => b.cidr.prefix >= a.cidr.prefix && contains(a, b.cidr.ip);

function url(text: string): UrlValue {
  const read = parseUrl(text);
  if (typeof read === 'string') throw new CelError(`URL parse error during conversion from string: ${read}`);
  return new UrlValue(read);
}

function queryOf({ url: { query } }: UrlValue): BuiltMap {
  const map = new BuiltMap();
  for (const [name, values] of query) map.put(name, new CelList(values));
  return map;
}

/** Made when it is first needed. */
export const networkLibrary = (): Library => [
  declare('ip(string): net.IP', ip),
  declare('isIP(string): bool', (text: string) => parseIp(text) !== undefined),
  declare('ip::isCanonical(string): bool', (text: string) => formatIp(ip(text).ip) === text),
  declare('string(net.IP): string', ({ ip: address }: IpValue) => formatIp(address)),
  declare('net.IP.family(): int', ({ ip: address }: IpValue) => BigInt(address.family)),
  declare('net.IP.isUnspecified(): bool', ({ ip: address }: IpValue) => address.bits === 0n),
  declare('net.IP.isLoopback(): bool', (value: IpValue) => within(value, '127.0.0.0/8') || within(value, '::1/128')),
  declare('net.IP.isLinkLocalMulticast(): bool', (value: IpValue) => within(value, '224.0.0.0/24') || within(value, 'ff02::/16')),
  declare('net.IP.isLinkLocalUnicast(): bool', (value: IpValue) => within(value, '169.254.0.0/16') || within(value, 'fe80::/10')),
  declare('net.IP.isGlobalUnicast(): bool', (value: IpValue) => value.ip.bits !== 0n && !['127.0.0.0/8', '::1/128', '224.0.0.0/4', 'ff00::/8', '169.254.0.0/16', 'fe80::/10', '255.255.255.255/32'].some((each) => within(value, each))),
  declare('cidr(string): net.CIDR', cidr),
  declare('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined),
  declare('string(net.CIDR): string', ({ cidr: range }: CidrValue) => `${formatIp(range.ip)}/${range.prefix}`),
  declare('net.CIDR.containsIP(net.IP): bool', (range: CidrValue, address: IpValue) => contains(range, address.ip)),
  declare('net.CIDR.containsIP(string): bool', (range: CidrValue, text: string) => contains(range, ip(text).ip)),
  declare('net.CIDR.containsCIDR(net.CIDR): bool', containsCidr),
  declare('net.CIDR.containsCIDR(string): bool', (range: CidrValue, text: string) => containsCidr(range, cidr(text))),
  declare('net.CIDR.ip(): net.IP', ({ cidr: range }: CidrValue) => new IpValue(range.ip)),
  declare('net.CIDR.masked(): net.CIDR', ({ cidr: range }: CidrValue) => new CidrValue({ ip: maskIp(range.ip, range.prefix), prefix: range.prefix })),
  declare('net.CIDR.prefixLength(): int', ({ cidr: range }: CidrValue) => BigInt(range.prefix)),
  declare('url(string): kubernetes.URL', url),
  declare('isURL(string): bool', (text: string) => typeof parseUrl(text) !== 'string'),
  declare('kubernetes.URL.getScheme(): string', ({ url: { scheme } }: UrlValue) => scheme),
  declare('kubernetes.URL.getHost(): string', ({ url: { host } }: UrlValue) => host),
  declare('kubernetes.URL.getHostname(): string', ({ url: { hostname } }: UrlValue) => hostname),
  declare('kubernetes.URL.getPort(): string', ({ url: { port } }: UrlValue) => port),
  declare('kubernetes.URL.getEscapedPath(): string', ({ url: { path } }: UrlValue) => path),
  declare('kubernetes.URL.getQuery(): map(string, list(string))', queryOf),
];

// The formats that schemas may ask for, as go-openapi's strfmt and Kubernetes know them. Unknown formats are not checked.
import { readDuration } from '../cel/time.ts';
import { decodeBase64Bytes } from '../meta/base64.ts';
import { isDns1123Label, isDns1123Subdomain } from '../meta/names.ts';
import { parseTime } from '../meta/time.ts';
import { parseCidr, parseIp } from '../networking/ip.ts';
import { parseUrl } from '../cel/url.ts';

const isUuid = (text: string, version?: string): boolean => new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version ?? '[0-9a-f]'}[0-9a-f]{3}-?${version === '4' || version === '5' ? '[89ab]' : '[0-9a-f]'}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i').test(text);

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date': (text) => /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined,
  'date-time': (text) => parseTime(text) !== undefined,
  'datetime': (text) => parseTime(text) !== undefined,
  'duration': (text) => typeof readDuration(text) !== 'string' || /^\d+ ?(ns|us|µs|ms|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?$/i.test(text),
  'email': (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  'hostname': (text) => /^(?=.{1,255}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/.test(text),
  'ipv4': (text) => parseIp(text)?.family === 4,
  'ipv6': (text) => parseIp(text)?.family === 6,
  'ip': (text) => parseIp(text) !== undefined,
  'cidr': (text) => parseCidr(text) !== undefined,
  'mac': (text) => /^([0-9a-f]{2}[:-]){5}([0-9a-f]{2})$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i.test(text),
  'uri': (text) => typeof parseUrl(text) !== 'string',
  'byte': (text) => decodeBase64Bytes(text) !== undefined,
  'uuid': (text) => isUuid(text),
  'uuid3': (text) => isUuid(text, '3'),
  'uuid4': (text) => isUuid(text, '4'),
  'uuid5': (text) => isUuid(text, '5'),
  'hexcolor': (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  'creditcard': (text) => /^\d{13,16}$/.test(text.replace(/[ -]/g, '')),
  'ssn': (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  'k8s-short-name': (text) => isDns1123Label(text).length === 0,
  'k8s-long-name': (text) => isDns1123Subdomain(text).length === 0,
};

export function fitsFormat(format: string, text: string): boolean {
  const check = Object.hasOwn(formats, format) ? formats[format] : undefined;
  return check === undefined || check(text);
}

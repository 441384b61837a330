// `config set` and `unset`: which properties a kubeconfig has, and how a dotted name leads to one (kubectl/pkg/cmd/config: navigation_step_parser.go, set.go).
import { decodeBase64, encodeBase64 } from '../../../../api/meta/base64.ts';
import { CommandError } from '../../errors.ts';
import { parseBool } from '../../flags.ts';
import type { Any } from '../../kubectl.ts';
import { entryOf } from '../../kubeconfig.ts';

/** `struct`: nothing below it can be reached, but it can be unset. */
type Kind = 'string' | 'bool' | 'bytes' | 'strings' | 'struct';
type List = 'clusters' | 'users' | 'contexts';

const strings = (...names: string[]): Record<string, Kind> => Object.fromEntries(names.map((name) => [name, 'string' as const]));
const fields: Readonly<Record<List, Readonly<Record<string, Kind>>>> = {
  clusters: { ...strings('server', 'tls-server-name', 'certificate-authority', 'proxy-url'), 'insecure-skip-tls-verify': 'bool', 'certificate-authority-data': 'bytes', 'disable-compression': 'bool', extensions: 'struct' },
  users: { ...strings('client-certificate', 'client-key', 'token', 'tokenFile', 'act-as', 'act-as-uid', 'username', 'password'), 'client-certificate-data': 'bytes', 'client-key-data': 'bytes', 'act-as-groups': 'strings', 'act-as-user-extra': 'struct', 'auth-provider': 'struct', exec: 'struct', extensions: 'struct' },
  contexts: { ...strings('cluster', 'user', 'namespace'), extensions: 'struct' },
};
const top: Readonly<Record<string, Kind>> = { ...strings('kind', 'apiVersion', 'current-context'), preferences: 'struct', extensions: 'struct' };
const inner = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;
/** The file has other names for whom to act as than the properties. */
const inFile = (field: string): string => field.replace(/^act-/, '');

/** The document with a property set, or unset (`value` undefined). Throws CommandError. */
export function withProperty(document: Any, property: string, value: string | undefined, raw: boolean): Any {
  const [first = '', ...rest] = property.split('.');
  if (!Object.hasOwn(fields, first)) {
    const kind = Object.hasOwn(top, first) ? top[first] : undefined;
    if (kind === undefined) throw new CommandError(`unable to parse ${property} after [] at api.Config`);
    if (rest.length > 0 && property !== 'preferences.colors') throw new CommandError(`unable to parse one or more field values of ${property}`);
    if (rest.length > 0) return { ...document, preferences: changed(document.preferences ?? {}, 'colors', 'bool', value, raw) };
    return changed(document, first, kind as Kind, value, raw);
  }
  const list = first as List;
  const known = fields[list];
  // A name may have dots: it ends where the next part is a field.
  const at = rest.findIndex((part, index) => index > 0 && Object.hasOwn(known, part));
  const name = (at < 0 ? rest : rest.slice(0, at)).join('.');
  const entries: Any[] = Array.isArray(document[list]) ? document[list] : [];
  if (rest.length === 0 || at < 0) {
    if (value !== undefined) throw new CommandError(`can't set a map to a value: map[${entries.map((each) => `${each.name}:{}`).join(' ')}]`);
    return { ...document, [list]: rest.length === 0 ? [] : entries.filter((each) => each.name !== name) };
  }
  if (at < rest.length - 1) throw new CommandError(`unable to parse one or more field values of ${property}`);
  const before = entryOf(document, list, name);
  if (before === undefined && value === undefined) throw new CommandError(`current map key \`${name}\` is invalid`);
  const field = rest[at] as string;
  const entry = { name, [inner[list]]: changed(before ?? {}, inFile(field), known[field] as Kind, value, raw) };
  return { ...document, [list]: before === undefined ? [...entries, entry] : entries.map((each) => (each.name === name ? { ...each, ...entry } : each)) };
}

function changed(object: Any, field: string, kind: Kind, value: string | undefined, raw: boolean): Any {
  const copy = { ...object };
  if (value === undefined) delete copy[field];
  else copy[field] = parsed(kind, value, raw);
  return copy;
}

function parsed(kind: Kind, value: string, raw: boolean): unknown {
  switch (kind) {
    case 'bool': {
      const flag = parseBool(value);
      if (flag === undefined) throw new CommandError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
      return flag;
    }
    case 'bytes': {
      if (raw) return encodeBase64(value);
      // Line breaks are passed over, as Go does.
      const plain = value.replace(/[\r\n]/g, '');
      if (decodeBase64(plain) !== undefined && plain.length % 4 === 0) return plain;
      const at = value.search(/[^A-Za-z0-9+/=\r\n]/);
      throw new CommandError(`error decoding input value: illegal base64 data at input byte ${at < 0 ? plain.length - (plain.length % 4) : at}`);
    }
    case 'strings':
      throw new CommandError('unrecognized slice type. string');
    case 'struct':
      throw new CommandError(`can't set a map to a value: map[]`);
    case 'string':
      return value;
  }
}

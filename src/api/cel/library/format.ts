// Named formats in expressions: `!format.dns1123Label().validate(self.name).hasValue()`.
import { decodeBase64Bytes } from '../../meta/base64.ts';
import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isQualifiedName, isValidLabelValue, validateName } from '../../meta/names.ts';
import { declare, opaqueType, type Library } from '../function.ts';
import { parseTimestamp } from '../time.ts';
import { parseUrl } from '../url.ts';
import { CelError, CelList, none, Optional, type OpaqueValue } from '../values.ts';

const type = opaqueType('kubernetes.NamedFormat');
type Check = (text: string) => readonly string[];

class FormatValue implements OpaqueValue {
  readonly opaqueType = type;
  readonly name: string;
  readonly check: Check;
  constructor(name: string, check: Check) {
    this.name = name;
    this.check = check;
  }
  get patternSize(): number {
    return patternSizes[this.name] ?? (this.name.startsWith('dns1123Subdomain') || this.name === 'qualifiedName' ? 60 : 30);
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

const unless = (fits: (text: string) => boolean, problem: string): Check => (text) => (fits(text) ? [] : [problem]);
const isTime = (text: string): boolean => {
  try {
    parseTimestamp(text);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
};

const patternSizes: Readonly<Record<string, number>> = { labelValue: 40, uri: 1103, uuid: 70, byte: 84, date: 71, datetime: 71 };
const formats: Readonly<Record<string, Check>> = {
  dns1123Label: isDns1123Label,
  dns1123Subdomain: isDns1123Subdomain,
  dns1035Label: isDns1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: (text) => validateName('label', text, true),
  dns1123SubdomainPrefix: (text) => validateName('subdomain', text, true),
  dns1035LabelPrefix: (text) => validateName('label1035', text, true),
  labelValue: isValidLabelValue,
  uri: (text) => {
    const url = parseUrl(text);
    return typeof url === 'string' ? [url] : [];
  },
  uuid: unless((text) => /^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$/.test(text), 'does not match the UUID format'),
  byte: unless((text) => decodeBase64Bytes(text) !== undefined, 'invalid base64'),
  date: unless((text) => /^\d{4}-\d\d-\d\d$/.test(text) && isTime(`${text}T00:00:00Z`), 'invalid date'),
  datetime: unless(isTime, 'invalid datetime'),
};

/** Made when it is first needed. */
export const formatLibrary = (): Library => [
  ...Object.entries(formats).map(([name, check]) => declare(`format::${name}(): kubernetes.NamedFormat`, () => new FormatValue(name, check))),
  declare('format::named(string): optional(kubernetes.NamedFormat)', (name: string) => {
    const check = Object.hasOwn(formats, name) ? formats[name] : undefined;
    return check === undefined ? none : new Optional(new FormatValue(name, check));
  }),
  declare('kubernetes.NamedFormat.validate(string): optional(list(string))', (format: FormatValue, text: string) => {
    const problems = format.check(text);
    return problems.length === 0 ? none : new Optional(new CelList(problems));
  }),
];

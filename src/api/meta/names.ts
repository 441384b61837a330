// Which names Kubernetes accepts, in its own words (apimachinery/pkg/util/validation), and the suffix of generateName.

/** No vowels, no 0 1 3: nothing rude by chance, nothing mistaken for something else. */
export const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

const generatedSuffixLength = 5;
const maxGeneratedBaseLength = 63 - generatedSuffixLength;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;
const envVarName = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const relaxedEnvVarName = /^[ -<>-~]+$/;
const configMapKey = '[-._a-zA-Z0-9]+';

const anchored = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const labelRegexp = anchored(label);
const subdomainRegexp = anchored(subdomain);
const label1035Regexp = anchored(label1035);
const qualifiedRegexp = anchored(qualified);
const labelValueRegexp = anchored(labelValue);
const envVarNameRegexp = anchored(envVarName);
const configMapKeyRegexp = anchored(configMapKey);

function maxLengthError(length: number): string {
  return `must be no more than ${length} bytes`;
}

function examplesText(examples: readonly string[]): string {
  return examples.map((example, index) => `${index === 0 ? '' : ' or '}'${example}', `).join('');
}

/** validation.RegexError. */
function regexError(message: string, pattern: string, ...examples: readonly string[]): string {
  return `${message} (e.g. ${examplesText(examples)}regex used for validation is '${pattern}')`;
}

const dns1123LabelMessage = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const dns1123SubdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

export function isDns1123Label(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push(maxLengthError(63));
  if (!labelRegexp.test(value)) {
    problems.push(
      subdomainRegexp.test(value)
        ? 'must not contain dots'
        : regexError(dns1123LabelMessage, label, 'my-name', '123-abc'),
    );
  }
  return problems;
}

export function isDns1123Subdomain(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 253) problems.push(maxLengthError(253));
  if (!subdomainRegexp.test(value)) problems.push(regexError(dns1123SubdomainMessage, subdomain, 'example.com'));
  return problems;
}

export function isDns1035Label(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push(maxLengthError(63));
  if (!label1035Regexp.test(value)) {
    problems.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035,
        'my-name',
        'abc-123',
      ),
    );
  }
  return problems;
}

/** A label key or annotation key: an optional DNS subdomain and a slash, then a name. */
export function isQualifiedName(value: string): readonly string[] {
  const problems: string[] = [];
  const parts = value.split('/');
  let name = value;
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    name = parts[1] ?? '';
    if (prefix.length === 0) problems.push('prefix part must be non-empty');
    else for (const problem of isDns1123Subdomain(prefix)) problems.push(`prefix part ${problem}`);
  } else if (parts.length > 2) {
    return [
      `a qualified name ${regexError("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", qualified, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name.length === 0) problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${maxLengthError(63)}`);
  if (!qualifiedRegexp.test(name)) {
    problems.push(
      `name part ${regexError("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", qualified, 'MyName', 'my.name', '123-abc')}`,
    );
  }
  return problems;
}

export function isValidLabelValue(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push(maxLengthError(63));
  if (!labelValueRegexp.test(value)) {
    problems.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValue,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return problems;
}

export function isEnvVarName(value: string): readonly string[] {
  const problems: string[] = [];
  if (!envVarNameRegexp.test(value)) {
    problems.push(
      regexError(
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
        envVarName,
        'my.env-name',
        'MY_ENV.NAME',
        'MyEnvName1',
      ),
    );
  }
  return [...problems, ...dotsProblems(value)];
}

/** Since 1.34 any printable ASCII but '=' may be in a name. */
export function isRelaxedEnvVarName(value: string): readonly string[] {
  if (value.length === 0) return ['environment variable name must be non-empty'];
  if (!relaxedEnvVarName.test(value)) {
    return [
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
    ];
  }
  return [];
}

function dotsProblems(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  if (value.startsWith('..')) return ["must not start with '..'"];
  return [];
}

export function isConfigMapKey(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 253) problems.push(maxLengthError(253));
  if (!configMapKeyRegexp.test(value)) {
    problems.push(
      regexError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", configMapKey, 'key.name', 'KEY_NAME', 'key-name'),
    );
  }
  return [...problems, ...dotsProblems(value)];
}

/** path.IsValidPathSegmentName: names of RBAC objects. */
export function isPathSegment(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  const problems: string[] = [];
  for (const bad of ['/', '%']) if (value.includes(bad)) problems.push(`may not contain '${bad}'`);
  return problems;
}

/** validation.IsValidPortName: `http`, at most 15 characters with a letter. */
export function isPortName(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value)) problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function isPortNumber(value: number): readonly string[] {
  return value >= 1 && value <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];
}

export type NameRule = 'subdomain' | 'label' | 'label1035' | 'path-segment';

export function validateName(rule: NameRule, name: string, prefix = false): readonly string[] {
  // With generateName the last dash may stand at the end: it is cut before the check.
  const checked = prefix && name.endsWith('-') ? `${name.slice(0, -1)}a` : name;
  if (rule === 'label') return isDns1123Label(checked);
  if (rule === 'label1035') return isDns1035Label(checked);
  if (rule === 'path-segment') return isPathSegment(checked);
  return isDns1123Subdomain(checked);
}

/** rand.String: `length` letters of the safe alphabet, from a source of whole numbers below a bound. */
export function randomSuffix(below: (bound: number) => number, length = generatedSuffixLength): string {
  let suffix = '';
  for (let i = 0; i < length; i++) suffix += safeAlphabet.charAt(below(safeAlphabet.length));
  return suffix;
}

/** names.SimpleNameGenerator: the base cut to fit, and five letters. */
export function generatedName(base: string, below: (bound: number) => number): string {
  return base.slice(0, maxGeneratedBaseLength) + randomSuffix(below);
}

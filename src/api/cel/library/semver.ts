// Semantic versions in expressions: `semver("1.2.3").isLessThan(semver("2.0.0-rc.1"))`.
import { declare, opaqueType, type Library } from '../function.ts';
import { CelError, type OpaqueValue } from '../values.ts';

const type = opaqueType('kubernetes.Semver');

class SemverValue implements OpaqueValue {
  readonly opaqueType = type;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
  constructor(numbers: readonly [bigint, bigint, bigint], pre: readonly string[]) {
    this.numbers = numbers;
    this.pre = pre;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof SemverValue && compareVersions(this, other) === 0;
  }
}

function compareVersions(a: SemverValue, b: SemverValue): number {
  for (let i = 0; i < 3; i++) {
    const x = a.numbers[i] as bigint;
    const y = b.numbers[i] as bigint;
    if (x !== y) return x < y ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const order = comparePart(a.pre[i] as string, b.pre[i] as string);
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}

/** Numbers come before words. */
function comparePart(a: string, b: string): number {
  const numeric = [a, b].map((each) => /^\d+$/.test(each));
  if (numeric[0] && numeric[1]) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function parse(text: string, normalize = false): SemverValue | undefined {
  const clean = normalize ? normalized(text) : text;
  const match = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/.exec(clean);
  if (match === null) return undefined;
  const pre = match[4] === undefined ? [] : match[4].split('.');
  if (pre.some((each) => /^0\d+$/.test(each))) return undefined;
  return new SemverValue([BigInt(match[1] as string), BigInt(match[2] as string), BigInt(match[3] as string)], pre);
}

/** `v1.2` is 1.2.0, `01.02.03` is 1.2.3. */
function normalized(text: string): string {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)$/.exec(text);
  if (match === null) return text;
  return `${[match[1], match[2], match[3]].map((each) => String(BigInt(each ?? '0'))).join('.')}${match[4] ?? ''}`;
}

function read(text: string, normalize = false): SemverValue {
  const version = parse(text, normalize);
  if (version === undefined) throw new CelError(text.split('.').length < 3 ? 'No Major.Minor.Patch elements found' : `Invalid character(s) found in version ${JSON.stringify(text)}`);
  return version;
}

/** Made when it is first needed. */
export const semverLibrary = (): Library => [
  declare('semver(string): kubernetes.Semver', read),
  declare('semver(string, bool): kubernetes.Semver', read),
  declare('isSemver(string): bool', (text: string) => parse(text) !== undefined),
  declare('isSemver(string, bool): bool', (text: string, normalize: boolean) => parse(text, normalize) !== undefined),
  declare('kubernetes.Semver.major(): int', ({ numbers }: SemverValue) => numbers[0]),
  declare('kubernetes.Semver.minor(): int', ({ numbers }: SemverValue) => numbers[1]),
  declare('kubernetes.Semver.patch(): int', ({ numbers }: SemverValue) => numbers[2]),
  declare('kubernetes.Semver.isLessThan(kubernetes.Semver): bool', (a: SemverValue, b: SemverValue) => compareVersions(a, b) < 0),
  declare('kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool', (a: SemverValue, b: SemverValue) => compareVersions(a, b) > 0),
  declare('kubernetes.Semver.compareTo(kubernetes.Semver): int', (a: SemverValue, b: SemverValue) => BigInt(compareVersions(a, b))),
];

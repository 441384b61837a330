// apt-get update|install, apt-mark hold|unhold|showhold, apt-cache madison: packages of the repositories that /etc/apt/sources.list.d names. What a package
// brings is its version in dpkg's status file, from which its program knows what it is when it next starts. Words as apt's.
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { ExitCode, Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { DnsError, resolve } from '../../../wire/dns-resolver.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { packageStatusPath, packageVersion } from '../../images/releases.ts';
import { osOf } from '../shell.ts';
import { applet, getopt, simple } from './applet.ts';
import { bodyText, parseUrl } from './network-tools.ts';

const listFolder = '/var/lib/apt/lists';
/** Bytes a second, as images come. */
const bandwidth = 25_000_000;

interface Offer {
  readonly name: string;
  /** `1.36.2-1.1` */
  readonly version: string;
  /** `https://pkgs.k8s.io/core:/stable:/v1.36/deb` */
  readonly source: string;
  readonly file: string;
  readonly sizeBytes: number;
}

type Stanza = Readonly<Record<string, string>>;

function stanzas(text: string): readonly Stanza[] {
  return text.split('\n\n').filter((part) => part.trim() !== '').map((part) => Object.fromEntries(part.trim().split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])));
}

function sources(host: Host): readonly string[] {
  const lines = host.disk.list('/etc/apt/sources.list.d').filter((path) => path.endsWith('.list')).flatMap((path) => (host.disk.readText(path) ?? '').split('\n'));
  return lines.map((line) => /^deb (?:\[[^\]]*\] )?(https?:\/\/\S+?)\/? /.exec(line)?.[1]).filter((each) => each !== undefined);
}

const listPath = (source: string): string => `${listFolder}/${source.replace(/^https?:\/\//, '').replaceAll('/', '_')}_Packages`;

/** What the lists that `update` fetched offer, newest first. */
function offers(host: Host, name: string): readonly Offer[] {
  const found = sources(host).flatMap((source) =>
    stanzas(host.disk.readText(listPath(source)) ?? '').map((each): Offer => ({ name: each['Package'] ?? '', version: each['Version'] ?? '', source, file: each['Filename'] ?? '', sizeBytes: Number(each['Size'] ?? 0) })),
  );
  return found.filter((each) => each.name === name).sort((a, b) => compare(b.version, a.version));
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((each) => each.split(/[.-]/).map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

interface Installed {
  readonly version: string;
  readonly held: boolean;
}

const known = ['kubeadm', 'kubectl', 'kubelet'];

function installed(host: Host, name: string): Installed {
  const stanza = stanzas(host.disk.readText(packageStatusPath) ?? '').find((each) => each['Package'] === name);
  return { version: stanza?.['Version'] ?? `${packageVersion(host.disk, name).slice(1)}-1.1`, held: stanza?.['Status']?.startsWith('hold') === true };
}

function* record(host: Host, name: string, { version, held }: Installed): Task<void> {
  const others = stanzas(host.disk.readText(packageStatusPath) ?? '').filter((each) => each['Package'] !== name);
  const all: readonly Stanza[] = [...others, { Package: name, Status: `${held ? 'hold' : 'install'} ok installed`, Version: version }];
  host.disk.write(packageStatusPath, all.map((each) => `${Object.entries(each).map(([key, value]) => `${key}: ${value}\n`).join('')}\n`).join(''));
  yield* host.disk.sync(packageStatusPath);
}

/** The body, or what is wrong. */
function* fetch(host: Host, url: string): Task<{ readonly text: string } | { readonly problem: string; readonly status?: number }> {
  const parsed = parseUrl(url);
  if (parsed === undefined) return { problem: `Malformed URL ${url}` };
  let client: HttpClient | undefined;
  try {
    const address = (yield* resolve(host, parsed.host))[0] ?? '';
    client = new HttpClient(host, `${address}:${parsed.port}`, { family: 'image', timeoutMs: 30_000 });
    const response = yield* client.call({ method: 'GET', path: parsed.path, headers: { host: parsed.host } }, { note: `GET ${parsed.path}` });
    return response.status === 200 ? { text: bodyText(response.body) } : { problem: `${response.status}  Not Found`, status: response.status };
  } catch (error) {
    if (error instanceof DnsError) return { problem: `Could not resolve '${parsed.host}'` };
    if (!(error instanceof NetworkError)) throw error;
    return { problem: `Could not connect to ${parsed.host}:${parsed.port}. ${error.message}` };
  } finally {
    client?.close();
  }
}

function* update(host: Host): Task<ExitCode> {
  let number = 0;
  let failed = false;
  for (const source of sources(host)) {
    const answer = yield* fetch(host, `${source}/Packages`);
    number++;
    if ('text' in answer) {
      host.output.write(`Get:${number} ${source}  Packages [${answer.text.length} B]\n`);
      host.disk.write(listPath(source), answer.text);
    } else if (answer.status !== undefined) {
      host.output.write(`Err:${number} ${source}  Release\n  ${answer.problem}\n`);
      host.output.error(`E: The repository '${source}  Release' does not have a Release file.\n`);
      return 100;
    } else {
      failed = true;
      host.output.write(`Err:${number} ${source}  InRelease\n  ${answer.problem}\n`);
      host.output.error(`W: Failed to fetch ${source}/InRelease  ${answer.problem}\n`);
    }
  }
  yield* host.disk.sync(listFolder);
  host.output.write('Reading package lists... Done\n');
  if (failed) host.output.error('W: Some index files failed to download. They have been ignored, or old ones used instead.\n');
  return 0;
}

/** `kubeadm`, `kubeadm=1.36.2-1.1` or `kubeadm=1.36.2-*`. A text is what is wrong. */
function choose(host: Host, word: string): Offer | string {
  const [name = '', version] = word.split('=');
  const all = offers(host, name);
  if (all.length === 0) return `E: Unable to locate package ${name}`;
  const found = version === undefined ? all[0] : all.find((each) => (version.endsWith('*') ? each.version.startsWith(version.slice(0, -1)) : each.version === version));
  return found ?? `E: Version '${version ?? ''}' for '${name}' was not found`;
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

function* install(host: Host, args: readonly string[]): Task<ExitCode> {
  const { flags, operands } = getopt(args, '');
  const yes = flags.has('y') || flags.has('yes') || flags.has('assume-yes');
  const fail = (text: string): ExitCode => {
    host.output.error(`${text}\n`);
    return 100;
  };
  host.output.write('Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n');
  const chosen: Offer[] = [];
  for (const word of operands.slice(1)) {
    const offer = choose(host, word);
    if (typeof offer === 'string') return fail(offer);
    if (word.endsWith('*')) host.output.write(`Selected version '${offer.version}' (isv:kubernetes:core:stable:${/v\d+\.\d+/.exec(offer.source)?.[0] ?? ''}:pkgs.k8s.io [amd64]) for '${offer.name}'\n`);
    if (installed(host, offer.name).version === offer.version) host.output.write(`${offer.name} is already the newest version (${offer.version}).\n`);
    else chosen.push(offer);
  }
  chosen.sort((a, b) => (a.name < b.name ? -1 : 1));
  const held = chosen.filter(({ name }) => installed(host, name).held);
  const down = chosen.filter(({ name, version }) => compare(version, installed(host, name).version) < 0);
  const up = chosen.filter((each) => !down.includes(each));
  const tell = (what: string, list: readonly Offer[]): void => {
    if (list.length > 0) host.output.write(`The following ${what}:\n  ${list.map(({ name }) => name).join(' ')}\n`);
  };
  tell('held packages will be changed', held);
  tell('packages will be upgraded', up);
  tell('packages will be DOWNGRADED', down);
  host.output.write(`${up.length} upgraded, 0 newly installed, ${down.length > 0 ? `${down.length} downgraded, ` : ''}0 to remove and 0 not upgraded.\n`);
  if (chosen.length === 0) return 0;
  if (yes && held.length > 0 && !flags.has('allow-change-held-packages')) return fail('E: Held packages were changed and -y was used without --allow-change-held-packages.');
  if (yes && down.length > 0 && !flags.has('allow-downgrades')) return fail('E: Packages were downgraded and -y was used without --allow-downgrades.');
  host.output.write(`Need to get ${megabytes(chosen.reduce((sum, each) => sum + each.sizeBytes, 0))} of archives.\n`);
  if (!yes) {
    host.output.write('Do you want to continue? [Y/n] ');
    const answer = ((yield* host.input.read()) ?? 'n').trim().toLowerCase();
    if (answer !== '' && answer !== 'y' && answer !== 'yes') {
      host.output.write('Abort.\n');
      return 1;
    }
  }
  return yield* unpack(host, chosen, fail);
}

/** Everything is fetched before anything is changed. */
function* unpack(host: Host, chosen: readonly Offer[], fail: (text: string) => ExitCode): Task<ExitCode> {
  for (const [i, { name, version, source, file, sizeBytes }] of chosen.entries()) {
    const answer = yield* fetch(host, `${source}/${file}`);
    if ('problem' in answer) return fail(`E: Failed to fetch ${source}/${file}  ${answer.problem}\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?`);
    yield* host.clock.sleep((sizeBytes / bandwidth) * 1000);
    host.output.write(`Get:${i + 1} ${source}  ${name} ${version} [${megabytes(sizeBytes)}]\n`);
  }
  for (const { name, version } of chosen) {
    const before = installed(host, name);
    host.output.write(`Preparing to unpack .../${name}_${version}_amd64.deb ...\n${compare(version, before.version) < 0 ? `dpkg: warning: downgrading ${name} from ${before.version} to ${version}\n` : ''}Unpacking ${name} (${version}) over (${before.version}) ...\n`);
    yield* record(host, name, { ...before, version });
  }
  for (const { name, version } of chosen) host.output.write(`Setting up ${name} (${version}) ...\n`);
  return 0;
}

/** Only a machine has packages; a container of this world is one program. */
function onMachine(host: Host): boolean {
  if (osOf(host) !== undefined) return true;
  host.output.error('E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n');
  return false;
}

function* aptGet(host: Host, args: readonly string[]): Task<ExitCode> {
  if (!onMachine(host)) return 100;
  const verb = args.find((each) => !each.startsWith('-'));
  if (verb === 'update') return yield* update(host);
  if (verb === 'install') return yield* install(host, args);
  host.output.error(`E: Invalid operation ${verb ?? ''}\n`);
  return 100;
}

function* aptMark(host: Host, args: readonly string[]): Task<ExitCode> {
  if (!onMachine(host)) return 100;
  const { operands } = getopt(args, '');
  const [verb, ...names] = operands;
  if (verb === 'showhold') {
    for (const name of known) if (installed(host, name).held) host.output.write(`${name}\n`);
    return 0;
  }
  if (verb !== 'hold' && verb !== 'unhold') {
    host.output.error(`E: Invalid operation ${verb ?? ''}\n`);
    return 100;
  }
  for (const name of names) {
    if (!known.includes(name)) {
      host.output.error(`E: Unable to locate package ${name}\n`);
      return 100;
    }
    const before = installed(host, name);
    const held = verb === 'hold';
    if (before.held === held) host.output.write(held ? `${name} was already set on hold.\n` : `${name} was already not on hold.\n`);
    else {
      yield* record(host, name, { ...before, held });
      host.output.write(held ? `${name} set on hold.\n` : `Canceled hold on ${name}.\n`);
    }
  }
  return 0;
}

const aptCache = simple('apt-cache', (host, args) => {
  const [verb, ...names] = getopt(args, '').operands;
  if (verb !== 'madison') {
    host.output.error(`E: Invalid operation ${verb ?? ''}\n`);
    return 100;
  }
  for (const name of names) for (const { version, source } of offers(host, name)) host.output.write(`${name.padStart(10)} | ${version} | ${source}  Packages\n`);
  return 0;
});

export const aptTools: readonly Program[] = [applet('apt-get', aptGet), applet('apt', aptGet), applet('apt-mark', aptMark), aptCache];

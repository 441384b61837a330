// kubectl create configmap | secret generic | secret tls | secret docker-registry
import { encodeBase64 } from '../../../../api/meta/base64.ts';
import { isConfigMapKey, isEnvVarName } from '../../../../api/meta/names.ts';
import { absolute } from '../../builder.ts';
import type { Command } from '../../command.ts';
import { CommandError } from '../../errors.ts';
import { flag } from '../../flags.ts';
import { quote } from '../../go-text.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { generatedNameHash } from '../../../../api/meta/sha256.ts';
import { createAndPrint, oneName } from './create-object.ts';
import { createFlags } from './workloads.ts';

const sourceFlags = [
  flag.bool('append-hash', 'Append a hash of the data to its name.'),
  flag.array('from-env-file', 'Specify the path to a file to read lines of key=val pairs.'),
  flag.array('from-file', 'Key file can be specified using its file path, in which case file basename will be used as key, or optionally with a key and file path.'),
  flag.array('from-literal', 'Specify a key and literal value to insert (i.e. mykey=somevalue)'),
];

function collectData(k: Kubectl, kind: 'ConfigMap' | 'Secret'): Record<string, string> {
  const { flags } = k;
  const listOf = (name: string): readonly string[] => (flags.has(name) ? flags.list(name) : []);
  const data: Record<string, string> = {};
  const add = (key: string, value: string): void => {
    const problems = isConfigMapKey(key);
    if (problems.length > 0) throw new CommandError(kind === 'Secret' ? `${quote(key)} is not valid key name for a Secret ${problems.join(';')}` : `${quote(key)} is not a valid key name for a ConfigMap: ${problems.join(',')}`);
    if (Object.hasOwn(data, key)) throw new CommandError(`cannot add key ${quote(key)}, another key by that name already exists in Data for ${kind} ${quote(k.flags.args[0] ?? '')}`);
    data[key] = value;
  };
  if (listOf('from-env-file').length > 0 && (listOf('from-file').length > 0 || listOf('from-literal').length > 0)) throw new CommandError('from-env-file cannot be combined with from-file or from-literal');
  for (const literal of listOf('from-literal')) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new CommandError(`invalid literal source ${literal}, expected key=value`);
    add(literal.slice(0, equals), literal.slice(equals + 1));
  }
  for (const source of listOf('from-file')) {
    const equals = source.indexOf('=');
    if (equals === 0) throw new CommandError(`key name for file path ${source.slice(1)} missing`);
    if (equals === source.length - 1) throw new CommandError(`file path for key name ${source.slice(0, -1)} missing`);
    const path = equals < 0 ? source : source.slice(equals + 1);
    const full = absolute(k, path);
    const content = k.host.disk.readText(full);
    if (content !== undefined) add(equals < 0 ? (path.split('/').pop() as string) : source.slice(0, equals), content);
    else {
      const inside = k.host.disk.list(full).filter((file) => file.startsWith(`${full}/`) && !file.slice(full.length + 1).includes('/'));
      if (inside.length === 0) throw new CommandError(`error reading ${path}: no such file or directory`);
      for (const file of inside) add(file.slice(full.length + 1), k.host.disk.readText(file) ?? '');
    }
  }
  for (const path of listOf('from-env-file')) {
    const content = k.host.disk.readText(absolute(k, path));
    if (content === undefined) throw new CommandError(`error reading ${path}: no such file or directory`);
    for (const raw of content.split('\n')) {
      const line = raw.replace(/^\s+/, '');
      if (line === '' || line.startsWith('#')) continue;
      const equals = line.indexOf('=');
      const key = equals < 0 ? line : line.slice(0, equals);
      const problems = isEnvVarName(key);
      if (problems.length > 0) throw new CommandError(`"${key}" is not a valid key name: ${problems.join(';')}`);
      add(key, equals < 0 ? (k.host.env[key] ?? '') : line.slice(equals + 1));
    }
  }
  return data;
}

function hashed(k: Kubectl, object: Any): Any {
  if (!k.flags.bool('append-hash')) return object;
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${generatedNameHash(object)}` } };
}

export const createConfigMap: Command = {
  name: 'configmap',
  aliases: ['cm'],
  use: 'create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]',
  short: 'Create a config map from a local file, directory or literal value',
  examples: '  # From literals\n  kubectl create configmap settings --from-literal=color=blue --from-literal=size=3',
  flags: [...createFlags, ...sourceFlags],
  *run(k) {
    const name = oneName(k);
    const data = collectData(k, 'ConfigMap');
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...(Object.keys(data).length > 0 ? { data } : {}) };
    yield* createAndPrint(k, { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true }, hashed(k, object), { failure: 'failed to create configmap: ' });
  },
};

const secretRef = { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true };

const secretGeneric: Command = {
  name: 'generic',
  use: 'create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]',
  short: 'Create a secret from a local file, directory, or literal value',
  flags: [...createFlags, ...sourceFlags, flag.string('type', 'The type of secret to create')],
  *run(k, flags) {
    const name = oneName(k);
    const plain = collectData(k, 'Secret');
    const data = Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, encodeBase64(value)]));
    const type = flags.string('type');
    yield* createAndPrint(k, secretRef, hashed(k, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...(type === '' ? {} : { type }), ...(Object.keys(data).length > 0 ? { data } : {}) }), { failure: 'failed to create secret ' });
  },
};

const secretTls: Command = {
  name: 'tls',
  use: 'create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none] [options]',
  short: 'Create a TLS secret',
  flags: [...createFlags, flag.bool('append-hash', 'Append a hash of the secret to its name.'), flag.string('cert', 'Path to PEM encoded public key certificate.'), flag.string('key', 'Path to private key associated with given certificate.')],
  *run(k, flags) {
    const name = oneName(k);
    if (flags.string('key') === '' || flags.string('cert') === '') throw new CommandError('key and cert must be specified');
    const read = (path: string): string => {
      const text = k.host.disk.readText(absolute(k, path));
      if (text === undefined) throw new CommandError(`Cannot read file ${path}, open ${path}: no such file or directory`);
      return text;
    };
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/tls', data: { 'tls.crt': encodeBase64(read(flags.string('cert'))), 'tls.key': encodeBase64(read(flags.string('key'))) } };
    yield* createAndPrint(k, secretRef, hashed(k, object), { failure: 'failed to create secret ' });
  },
};

const secretRegistry: Command = {
  name: 'docker-registry',
  use: 'create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none] [options]',
  short: 'Create a secret for use with a Docker registry',
  flags: [
    ...createFlags, flag.bool('append-hash', 'Append a hash of the secret to its name.'),
    flag.string('docker-email', 'Email for Docker registry'),
    flag.string('docker-password', 'Password for Docker registry authentication'),
    flag.string('docker-server', 'Server location for Docker registry', { value: 'https://index.docker.io/v1/' }),
    flag.string('docker-username', 'Username for Docker registry authentication'),
    flag.array('from-file', 'A file that holds the configuration, and the key it is to have.'),
  ],
  *run(k, flags) {
    const name = oneName(k);
    if (flags.list('from-file').length > 0) {
      const data = Object.fromEntries(Object.entries(collectData(k, 'Secret')).map(([key, value]) => [key, encodeBase64(value)]));
      return void (yield* createAndPrint(k, secretRef, hashed(k, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data }), { failure: 'failed to create secret ' }));
    }
    if (flags.string('docker-server') === '' || flags.string('docker-username') === '' || flags.string('docker-password') === '') throw new CommandError('either --from-file or the combination of --docker-username, --docker-password and --docker-server is required');
    const username = flags.string('docker-username');
    const password = flags.string('docker-password');
    const email = flags.string('docker-email');
    const entry = { username, password, ...(email === '' ? {} : { email }), auth: encodeBase64(`${username}:${password}`) };
    // In the order of Go's struct.
    const text = JSON.stringify({ auths: { [flags.string('docker-server')]: entry } });
    yield* createAndPrint(k, secretRef, hashed(k, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': encodeBase64(text) } }), { failure: 'failed to create secret ' });
  },
};

export const createSecret: Command = {
  name: 'secret',
  use: 'create secret (docker-registry | generic | tls) [options]',
  short: 'Create a secret using a specified subcommand',
  commands: [secretRegistry, secretGeneric, secretTls],
};

// kubectl api-resources | api-versions | cluster-info | version | options | completion | plugin | kustomize
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import type { Command } from '../command.ts';
import { clusterDumpCommand } from './cluster-dump.ts';
import { kustomizationOf } from '../builder.ts';
import { apiVersionOf } from '../discovery.ts';
import { CommandError, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJsonIndent } from '../go-text.ts';
import { optionsText } from '../help.ts';
import { packageVersion } from '../../images/releases.ts';
import type { Any } from '../kubectl.ts';
import { kyaml } from '../printers/print-object.ts';
import { TabWriter } from '../printers/tab-writer.ts';

export const apiResourcesCommand: Command = {
  name: 'api-resources',
  use: 'api-resources [flags] [options]',
  short: 'Print the supported API resources on the server',
  flags: [
    flag.string('api-group', 'Limit to resources in the specified API group.'),
    flag.bool('cached', 'Use the cached list of resources if available.'),
    flag.strings('categories', 'Limit to resources that belong to the specified categories.'),
    flag.bool('namespaced', 'If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.', { value: 'true' }),
    flag.bool('no-headers', "When using the default or custom-column output format, don't print headers."),
    flag.string('output', 'Output format. One of: (json, yaml, name, wide).', { short: 'o' }),
    flag.string('sort-by', 'If non-empty, sort list of resources using specified field.'),
    flag.strings('verbs', 'Limit to resources that support the specified verbs.'),
  ],
  *run(k, flags) {
    if (flags.args.length > 0) throw usageError('kubectl api-resources', `unexpected arguments: [${flags.args.join(' ')}]`);
    const output = flags.string('output');
    if (!['', 'wide', 'name', 'json', 'yaml', 'kyaml'].includes(output)) throw new CommandError(`unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,kyaml,name,wide,yaml`);
    const sort = flags.string('sort-by');
    if (sort !== '' && sort !== 'name' && sort !== 'kind') throw new CommandError(`--sort-by accepts only name or kind`);
    const resources = yield* k.discovery.resources(!flags.bool('cached'));
    const rows = resources.filter((each, index) => {
      // Only the preferred version of a group's resource is listed.
      if (resources.findIndex((other) => other.group === each.group && other.resource === each.resource) !== index) return false;
      if (each.verbs.length === 0) return false;
      if (flags.changed('api-group') && each.group !== flags.string('api-group')) return false;
      if (flags.changed('namespaced') && each.namespaced !== flags.bool('namespaced')) return false;
      if (!flags.list('verbs').every((verb) => each.verbs.includes(verb))) return false;
      return flags.list('categories').every((category) => each.categories.includes(category));
    });
    const ordered = [...rows].sort((a, b) => {
      if (sort === 'kind') return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0;
      if (sort !== 'name' && a.group !== b.group) return a.group < b.group ? -1 : 1;
      return a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0;
    });
    if (output === 'name') {
      for (const each of ordered) k.line(each.group === '' ? each.resource : `${each.resource}.${each.group}`);
      return;
    }
    if (output !== '' && output !== 'wide') {
      const list = {
        kind: 'APIResourceList', apiVersion: 'v1', groupVersion: '',
        resources: ordered.map((each) => ({
          name: each.resource, singularName: each.singular, namespaced: each.namespaced, ...(each.group === '' ? {} : { group: each.group }), version: each.version, kind: each.kind, verbs: [...each.verbs].sort(),
          ...(each.shortNames.length === 0 ? {} : { shortNames: each.shortNames }), ...(each.categories.length === 0 ? {} : { categories: each.categories }),
        })),
      };
      k.out(output === 'json' ? `${goJsonIndent(list, false)}\n` : output === 'kyaml' ? `---\n${kyaml(list, '')}\n` : printYaml(list));
      return;
    }
    const writer = new TabWriter({ minWidth: 6, padding: 3 });
    if (!flags.bool('no-headers')) writer.write(`NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND${output === 'wide' ? '\tVERBS\tCATEGORIES' : ''}\n`);
    for (const each of ordered) writer.write(`${each.resource}\t${each.shortNames.join(',')}\t${apiVersionOf(each)}\t${each.namespaced}\t${each.kind}${output === 'wide' ? `\t${[...each.verbs].sort().join(',')}\t${each.categories.join(',')}` : ''}\n`);
    k.out(writer.flush());
  },
};

export const apiVersionsCommand: Command = {
  name: 'api-versions',
  use: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  *run(k, flags) {
    if (flags.args.length > 0) throw usageError('kubectl api-versions', `unexpected arguments: [${flags.args.join(' ')}]`);
    const versions = new Set((yield* k.discovery.resources(true)).map(apiVersionOf));
    for (const version of [...versions].sort()) k.line(version);
  },
};

export const clusterInfoCommand: Command = {
  name: 'cluster-info',
  use: 'cluster-info [flags] [options]',
  short: 'Display cluster information',
  commands: [clusterDumpCommand],
  *run(k) {
    k.line(`Kubernetes control plane is running at ${k.target.server}`);
    const services: Any = yield* k.call('GET', '/api/v1/namespaces/kube-system/services', { query: { labelSelector: 'kubernetes.io/cluster-service=true' } });
    for (const service of services.items ?? []) {
      const name = service.metadata.labels?.['kubernetes.io/name'] ?? service.metadata.name;
      const port = service.spec.ports?.[0];
      const suffix = port === undefined ? '' : `:${port.name === undefined || port.name === '' ? port.port : port.name}`;
      k.line(`${name} is running at ${k.target.server}/api/v1/namespaces/${service.metadata.namespace}/services/${service.metadata.name}${suffix}/proxy`);
    }
    k.line("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
  },
};

export const versionCommand: Command = {
  name: 'version',
  use: 'version [flags] [options]',
  short: 'Print the client and server version information',
  flags: [flag.bool('client', 'If true, shows client version only (no server required).'), flag.string('output', "One of 'yaml' or 'json'.", { short: 'o' })],
  *run(k, flags) {
    if (flags.args.length > 0) throw new CommandError(`extra arguments: [${flags.args.join(' ')}]`);
    const output = flags.string('output');
    if (output !== '' && output !== 'yaml' && output !== 'json') throw new CommandError(`--output must be 'yaml' or 'json'`);
    let server: Any;
    let failure: unknown;
    if (!flags.bool('client')) {
      try {
        server = yield* k.call('GET', '/version', { query: { timeout: '32s' } });
      } catch (error) {
        failure = error;
      }
    }
    const gitVersion = packageVersion(k.host.disk, 'kubectl');
    const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
    const info = { clientVersion: { major, minor, gitVersion, gitTreeState: 'clean', compiler: 'gc', platform: 'linux/amd64' }, kustomizeVersion: 'v5.8.1', ...(server === undefined ? {} : { serverVersion: server }) };
    if (output === 'json') k.line(goJsonIndent(info, false, '  '));
    else if (output === 'yaml') k.out(printYaml(info));
    else {
      k.line(`Client Version: ${gitVersion}`);
      k.line('Kustomize Version: v5.8.1');
      if (server !== undefined) k.line(`Server Version: ${server.gitVersion}`);
    }
    if (failure !== undefined) throw failure;
  },
};

export const optionsCommand: Command = {
  name: 'options',
  use: 'options',
  short: 'Print the list of flags inherited by all commands',
  hidden: true,
  *run(k) {
    k.out(optionsText());
  },
};

export const completionCommand: Command = {
  name: 'completion',
  use: 'completion SHELL',
  short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
  *run(k, flags) {
    if (flags.args.length === 0) throw usageError('kubectl completion', 'Shell not specified.');
    if (!['bash', 'zsh', 'fish', 'powershell'].includes(flags.args[0] as string)) throw usageError('kubectl completion', `Unsupported shell type "${flags.args[0]}".`);
    k.line('# This terminal completes by itself: press Tab.');
  },
};

export const pluginCommand: Command = {
  name: 'plugin',
  use: 'plugin [flags] [options]',
  short: 'Provides utilities for interacting with plugins',
  commands: [
    {
      name: 'list', use: 'plugin list [options]', short: 'List all visible plugin executables on a user\'s PATH',
      *run() {
        throw new CommandError('unable to find any kubectl plugins in your PATH');
      },
    },
  ],
};

export const kustomizeCommand: Command = {
  name: 'kustomize',
  use: 'kustomize DIR [flags] [options]',
  short: 'Build a kustomization target from a directory or URL',
  *run(k, flags) {
    const objects = kustomizationOf(k, flags.args[0] ?? '.');
    k.out(objects.map(printYaml).join('---\n'));
  },
};

// kubectl create service ... | ingress
import type { Command } from '../../command.ts';
import type { Task } from '../../../../kernel/task.ts';
import { isDns1123Subdomain } from '../../../../api/meta/names.ts';
import { CommandError } from '../../errors.ts';
import { flag } from '../../flags.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { createAndPrint, oneName } from './create-object.ts';
import { createFlags } from './workloads.ts';

const serviceRef = { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true };

function parsePorts(k: Kubectl): Any[] {
  return k.flags.list('tcp').map((text) => {
    const [port = '', target] = text.split(':');
    const number = Number(port);
    if (!/^\d+$/.test(port) || number > 65535) throw new CommandError(`strconv.ParseUint: parsing "${port}": ${/^\d+$/.test(port) ? 'value out of range' : 'invalid syntax'}`);
    const targetPort = target === undefined ? number : /^\d+$/.test(target) ? Number(target) : target;
    const nodePort = k.flags.has('node-port') ? k.flags.int('node-port') : 0;
    return { name: text.replace(':', '-'), protocol: 'TCP', port: number, targetPort, ...(nodePort > 0 ? { nodePort } : {}) };
  });
}

function* createService(k: Kubectl, type: string, extra: Any, ports: Any[]): Task<void> {
  const name = oneName(k);
  const object = {
    apiVersion: 'v1', kind: 'Service', metadata: { name, labels: { app: name } },
    spec: { ...(ports.length > 0 ? { ports } : {}), ...(type === 'ExternalName' ? {} : { selector: { app: name } }), type, ...extra },
    status: { loadBalancer: {} },
  };
  if (type === 'ExternalName') Object.assign(object.spec, { selector: { app: name } });
  yield* createAndPrint(k, serviceRef, object, { failure: `failed to create ${type} service: ` });
}

const tcpFlag = flag.strings('tcp', 'Port pairs can be specified as \'<port>:<targetPort>\'.');

const clusterIp: Command = {
  name: 'clusterip',
  use: 'create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none] [options]',
  short: 'Create a ClusterIP service',
  flags: [...createFlags, tcpFlag, flag.string('clusterip', "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).")],
  *run(k, flags) {
    oneName(k);
    const ip = flags.string('clusterip');
    if (flags.list('tcp').length === 0 && ip !== 'None') throw new CommandError('at least one tcp port specifier must be provided');
    yield* createService(k, 'ClusterIP', ip === '' ? {} : { clusterIP: ip }, parsePorts(k));
  },
};
const nodePort: Command = {
  name: 'nodeport',
  use: 'create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options]',
  short: 'Create a NodePort service',
  flags: [...createFlags, tcpFlag, flag.int('node-port', 'Port used to expose the service on each node in a cluster.')],
  *run(k, flags) {
    oneName(k);
    if (flags.list('tcp').length === 0) throw new CommandError('at least one tcp port specifier must be provided');
    yield* createService(k, 'NodePort', {}, parsePorts(k));
  },
};
const loadBalancer: Command = {
  name: 'loadbalancer',
  use: 'create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options]',
  short: 'Create a LoadBalancer service',
  flags: [...createFlags, tcpFlag],
  *run(k, flags) {
    oneName(k);
    if (flags.list('tcp').length === 0) throw new CommandError('at least one tcp port specifier must be provided');
    yield* createService(k, 'LoadBalancer', {}, parsePorts(k));
  },
};
const externalName: Command = {
  name: 'externalname',
  use: 'create service externalname NAME --external-name external.name [--dry-run=server|client|none] [options]',
  short: 'Create an ExternalName service',
  flags: [...createFlags, tcpFlag, flag.string('external-name', 'External name of service', { required: true })],
  *run(k, flags) {
    const target = flags.string('external-name');
    if (isDns1123Subdomain(target).length > 0) throw new CommandError(`invalid service external name ${target}`);
    yield* createService(k, 'ExternalName', { externalName: target }, parsePorts(k));
  },
};

export const createServiceCommand: Command = {
  name: 'service',
  aliases: ['svc'],
  use: 'create service [options]',
  short: 'Create a service using a specified subcommand',
  commands: [clusterIp, externalName, loadBalancer, nodePort],
};

export const createIngress: Command = {
  name: 'ingress',
  aliases: ['ing'],
  use: 'create ingress NAME --rule=host/path=service:port[,tls[=secret]] [options]',
  short: 'Create an ingress with the specified name',
  examples: '  # Everything of one host to a service\n  kubectl create ingress web --rule="example.com/*=web:80"',
  flags: [...createFlags, flag.array('annotation', 'Annotation to insert in the ingress object, in the format annotation=value'), flag.string('class', 'Ingress Class to be used'), flag.string('default-backend', 'Default service for backend, in format of svcname:port'), flag.array('rule', 'Rule in format host/path=service:port[,tls=secretname].')],
  *run(k, flags) {
    const name = oneName(k);
    const rules = flags.list('rule');
    if (rules.length === 0 && flags.string('default-backend') === '') throw new CommandError('not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)');
    const hosts = new Map<string, Any[]>();
    const tls: Any[] = [];
    for (const text of rules) {
      const comma = text.indexOf(',tls');
      const rule = comma < 0 ? text : text.slice(0, comma);
      const match = /^(?<host>[\w*\-.]*)(?<path>\/[^=]*)=(?<service>[a-z0-9-]+):(?<port>[a-z0-9-]+)$/.exec(rule);
      if (match?.groups === undefined) throw new CommandError(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
      const { host = '', path = '', service = '', port = '' } = match.groups;
      const prefix = path.endsWith('*');
      const list = hosts.get(host) ?? [];
      list.push({ path: prefix ? path.slice(0, -1) : path, pathType: prefix ? 'Prefix' : 'Exact', backend: backend(service, port) });
      hosts.set(host, list);
      if (comma >= 0) {
        const secret = text.slice(comma + 4).replace(/^=/, '');
        tls.push({ ...(host === '' ? {} : { hosts: [host] }), ...(secret === '' ? {} : { secretName: secret }) });
      }
    }
    const annotations: Record<string, string> = {};
    for (const pair of flags.list('annotation')) {
      const equals = pair.indexOf('=');
      if (equals < 0) throw new CommandError(`annotation ${pair} is invalid and should be in format key=[value]`);
      annotations[pair.slice(0, equals)] = pair.slice(equals + 1);
    }
    const fallback = flags.string('default-backend');
    const [fallbackService = '', fallbackPort] = fallback.split(':');
    if (fallback !== '' && fallbackPort === undefined) throw new CommandError('default-backend should be in format servicename:serviceport');
    const object = {
      apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: {
        ...(flags.string('class') === '' ? {} : { ingressClassName: flags.string('class') }),
        ...(fallback === '' ? {} : { defaultBackend: backend(fallbackService, fallbackPort as string) }),
        ...(tls.length > 0 ? { tls } : {}),
        ...(hosts.size > 0 ? { rules: [...hosts].map(([host, paths]) => ({ ...(host === '' ? {} : { host }), http: { paths } })) } : {}),
      },
      status: { loadBalancer: {} },
    };
    yield* createAndPrint(k, { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses', kind: 'Ingress', namespaced: true }, object, { failure: 'failed to create ingress: ' });
  },
};

function backend(name: string, port: string): Any {
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

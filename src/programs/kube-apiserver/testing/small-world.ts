// A machine with etcd and API servers, certificates on its disk, and a client: what the tests of this program run in.
import '../../../api/cel/provide.ts';
import { createApiClient, type ClosableApiClient } from '../../../client/rest-client.ts';
import { ApiError } from '../../../client/api-error.ts';
import { createWorld } from '../../../kernel/create-world.ts';
import type { Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { TraceEvent, World } from '../../../kernel/world.ts';
import { encodeCertificate, encodePrivateKey, encodePublicKey, issueCertificate, publicKeyOf } from '../../../wire/tls-handshake.ts';
import type { KeyPair, TlsIdentity } from '../../../wire/tls.ts';
import { kubeApiserver } from '../main.ts';
import { fakeEtcd } from './fake-etcd.ts';

const epochMs = 1_767_225_600_000;
let serial = 1;
const dice = { hex: (digits: number): string => (serial++).toString(16).padStart(digits, '0') };
const times = { notBeforeMs: epochMs - 1000, notAfterMs: epochMs + 365 * 86_400_000 };
export const ca = issueCertificate(dice, { commonName: 'kubernetes', isCa: true, ...times });
/** A serving certificate of a neighbour, as files. */
export const servingFiles = (commonName: string, names: readonly string[], addresses: readonly string[]): { readonly certificate: string; readonly key: string } => {
  const pair = issueCertificate(dice, { commonName, dnsNames: names, ipAddresses: addresses, usages: ['server auth'], ...times }, ca);
  return { certificate: encodeCertificate(pair.certificate), key: encodePrivateKey(pair.privateKey) };
};
const serving = (ip: string): KeyPair => issueCertificate(dice, { commonName: 'kube-apiserver', ipAddresses: [ip, '127.0.0.1', '10.96.0.1'], usages: ['server auth'], ...times }, ca);
export const clientIdentity = (commonName: string, ...organizations: string[]): TlsIdentity => ({ own: issueCertificate(dice, { commonName, organizations, usages: ['client auth'], ...times }, ca), trust: [ca.certificate] });
/** One whose certificate ends so soon after the world's beginning. */
export const shortLivedIdentity = (validMs: number, commonName: string, ...organizations: string[]): TlsIdentity => ({ own: issueCertificate(dice, { commonName, organizations, usages: ['client auth'], ...times, notAfterMs: times.notBeforeMs + validMs }, ca), trust: [ca.certificate] });
export const admin = clientIdentity('kubernetes-admin', 'system:masters');
export const accountKey = 'service account key';

export interface SmallWorld {
  readonly world: World;
  readonly events: TraceEvent[];
  /** Runs a task as a client program on the laptop until it ends; gives what it returned, or the message of the ApiError it threw. */
  run<T>(main: (client: ClosableApiClient, host: Host) => Task<T>, options?: { tls?: TlsIdentity; server?: string; maxMs?: number }): T | string;
}

const realEtcdArgs = ['--name=etcd', '--data-dir=/var/lib/etcd', '--listen-client-urls=http://0.0.0.0:2379', '--advertise-client-urls=http://10.0.0.9:2379', '--listen-peer-urls=http://0.0.0.0:2380', '--initial-advertise-peer-urls=http://10.0.0.9:2380', '--initial-cluster=etcd=http://10.0.0.9:2380'];

/** A machine beside the cluster, with a program of its own. */
export interface Neighbour {
  readonly name: string;
  readonly address: string;
  readonly program: Program;
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** `etcd`: the small one of this folder, or the real program. */
export function createSmallWorld(servers = 1, etcd: Program = fakeEtcd, neighbours: readonly Neighbour[] = [], flags: readonly string[] = [], extraFiles: Readonly<Record<string, string>> = {}): SmallWorld {
  let job: ((host: Host) => Task<void>) | undefined;
  const world = createWorld({
    seed: 7,
    programs: [
      etcd,
      kubeApiserver,
      ...neighbours.map(({ program }) => program),
      {
        name: 'client',
        *main(host): Task<number> {
          const mine = job;
          if (mine !== undefined) yield* mine(host);
          return 0;
        },
      },
    ],
  });
  const events: TraceEvent[] = [];
  world.onTrace((event) => events.push(event));
  world.addMachine({ name: 'etcd', address: '10.0.0.9', units: [{ program: 'etcd', args: realEtcdArgs }] }).powerOn();
  for (let i = 1; i <= servers; i++) {
    const ip = `10.0.0.${i}`;
    const own = serving(ip);
    const args = ['--etcd-servers=http://10.0.0.9:2379', `--advertise-address=${ip}`, '--secure-port=6443', '--client-ca-file=/pki/ca.crt', '--tls-cert-file=/pki/apiserver.crt', '--tls-private-key-file=/pki/apiserver.key', '--service-account-key-file=/pki/sa.pub', '--service-account-signing-key-file=/pki/sa.key', '--service-cluster-ip-range=10.96.0.0/12', '--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction', ...flags];
    const files = { ...extraFiles, '/pki/ca.crt': encodeCertificate(ca.certificate), '/pki/apiserver.crt': encodeCertificate(own.certificate), '/pki/apiserver.key': encodePrivateKey(own.privateKey), '/pki/sa.key': encodePrivateKey(accountKey), '/pki/sa.pub': encodePublicKey(publicKeyOf(accountKey)) };
    world.addMachine({ name: `m${i}`, address: ip, units: [{ program: 'kube-apiserver', args }], files }).powerOn();
  }
  for (const { name, address, program, args, files } of neighbours) world.addMachine({ name, address, units: [{ program: program.name, args: [...args] }], files: { ...files } }).powerOn();
  world.addMachine({ name: 'laptop', address: '10.0.0.100' }).powerOn();
  world.run(world.nowMs + 5000);
  return {
    world,
    events,
    run: (main, options = {}) => {
      let done = false;
      let result: unknown;
      let failure: unknown;
      job = function* (host) {
        const client = createApiClient(host, { server: options.server ?? 'https://10.0.0.1:6443', tls: options.tls ?? admin, userAgent: 'test/1' });
        try {
          result = yield* main(client, host);
        } catch (error) {
          if (error instanceof ApiError) result = error.message;
          else failure = error;
        }
        client.close();
        done = true;
      };
      world.spawn('laptop', { program: 'client' });
      world.run(world.nowMs + (options.maxMs ?? 60_000), () => done);
      if (failure !== undefined) throw failure;
      if (!done) throw new Error('the client did not end');
      return result as never;
    },
  };
}

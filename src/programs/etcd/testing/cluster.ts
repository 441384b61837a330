// Members in a world of their own, and a client program that does what a test tells it.
import { createWorld } from '../../../kernel/create-world.ts';
import type { Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { TraceEvent, World } from '../../../kernel/world.ts';
import type { RpcError } from '../../../wire/etcd-rpc.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import { encodeCertificate, encodePrivateKey, issueCertificate } from '../../../wire/tls-handshake.ts';
import type { KeyPair, TlsIdentity } from '../../../wire/tls.ts';
import { etcd } from '../main.ts';
import type { RaftView } from '../views.ts';

export interface TestCluster {
  readonly world: World;
  readonly names: readonly string[];
  readonly events: TraceEvent[];
  /** Runs a client's task on the machine `client` to its end (or `limitMs`). */
  run<T>(task: (host: Host, etcd: TestClient) => Task<T>, limitMs?: number): T;
  /** Starts a client's task, which goes on by itself. */
  spawn(task: (host: Host, etcd: TestClient) => Task<void>): void;
  raft(name: string): RaftView | undefined;
  /** Runs a program on the machine `client` to its end. */
  command(program: string, args: readonly string[], machine?: string, stdin?: string): { readonly code: number; readonly text: string };
  leader(): string;
  /** What etcd said on a machine, on both outputs, since the beginning. */
  log(name: string): string;
  /** Puts another machine with etcd into the world, with power, under the next name and address. */
  addMember(flags: { readonly state: 'new' | 'existing'; readonly members: readonly string[] }): string;
}

export class RefusedByEtcd extends Error {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super(error.message);
    this.error = error;
  }
}

class TestClient {
  private readonly clients: HttpClient[];
  constructor(host: Host, addresses: readonly string[], tls: TlsIdentity) {
    this.clients = addresses.map((address) => new HttpClient(host, `${address}:2379`, { tls, family: 'etcd', keepAlive: { idleMs: 2000, timeoutMs: 2000 } }));
  }
  client(member: number): HttpClient {
    return this.clients[member] as HttpClient;
  }
  /** Throws RefusedByEtcd or NetworkError. */
  *call<T>(member: number, method: string, body: unknown, timeoutMs = 10_000): Task<T> {
    const response = yield* this.client(member).call({ method: 'POST', path: `/etcdserverpb.${method}`, body }, { timeoutMs, note: method });
    if (response.status >= 400) throw new RefusedByEtcd(response.body as RpcError);
    return response.body as T;
  }
}

let pki: ReturnType<typeof makePki> | undefined;
function makePki() {
  let state = 7;
  const random = {
    hex: (digits: number) => {
      let out = '';
      while (out.length < digits) out += (state = (Math.imul(state, 1664525) + 1013904223) >>> 0).toString(16).padStart(8, '0');
      return out.slice(0, digits);
    },
  };
  const life = { notBeforeMs: 0, notAfterMs: 4e12 };
  const ca = issueCertificate(random, { commonName: 'etcd-ca', isCa: true, ...life });
  const member = (name: string, address: string): KeyPair =>
    issueCertificate(random, { commonName: name, usages: ['client auth', 'server auth'], dnsNames: [name, 'localhost'], ipAddresses: [address, '127.0.0.1'], ...life }, ca);
  return { ca, member, client: issueCertificate(random, { commonName: 'client', usages: ['client auth'], ...life }, ca) };
}

export function createTestCluster(options: { readonly members?: number; readonly seed?: number; readonly flags?: readonly string[]; readonly keepEvents?: boolean; readonly programs?: readonly Program[] } = {}): TestCluster {
  const count = options.members ?? 3;
  const names = Array.from({ length: count }, (_, i) => `m${i + 1}`);
  const addressOf = (i: number): string => `10.0.0.${i + 1}`;
  pki ??= makePki();
  const { ca, member, client } = pki;
  const jobs: { task: (host: Host, etcd: TestClient) => Task<void> }[] = [];
  const tester: Program = {
    name: 'tester',
    *main(host) {
      const job = jobs.shift() as (typeof jobs)[number];
      yield* job.task(host, new TestClient(host, names.map((_, i) => addressOf(i)), { own: client, trust: [ca.certificate] }));
      return 0;
    },
  };
  const world = createWorld({ seed: options.seed ?? 1, programs: [etcd, tester, ...(options.programs ?? [])] });
  const events: TraceEvent[] = [];
  if (options.keepEvents !== false) world.onTrace((event) => events.push(event));
  const logs = new Map<string, string>();
  const initialCluster = (members: readonly string[]): string => members.map((name) => `${name}=https://${addressOf(Number(name.slice(1)) - 1)}:2380`).join(',');
  const addMachine = (name: string, members: readonly string[], state: 'new' | 'existing'): void => {
    const address = addressOf(Number(name.slice(1)) - 1);
    const pair = member(name, address);
    world.addMachine({
      name, address,
      files: { '/pki/ca.crt': encodeCertificate(ca.certificate), '/pki/peer.crt': encodeCertificate(pair.certificate), '/pki/peer.key': encodePrivateKey(pair.privateKey) },
      units: [{
        program: 'etcd',
        onOutput: (_, text) => logs.set(name, (logs.get(name) ?? '') + text),
        args: [
          `--name=${name}`, '--data-dir=/var/lib/etcd', `--initial-cluster=${initialCluster(members)}`, `--initial-cluster-state=${state}`, `--initial-advertise-peer-urls=https://${address}:2380`, `--advertise-client-urls=https://${address}:2379`,
          `--listen-client-urls=https://127.0.0.1:2379,https://${address}:2379`, `--listen-peer-urls=https://${address}:2380`, '--listen-metrics-urls=http://127.0.0.1:2381',
          '--cert-file=/pki/peer.crt', '--key-file=/pki/peer.key', '--trusted-ca-file=/pki/ca.crt', '--client-cert-auth=true',
          '--peer-cert-file=/pki/peer.crt', '--peer-key-file=/pki/peer.key', '--peer-trusted-ca-file=/pki/ca.crt', '--peer-client-cert-auth=true', ...(options.flags ?? []),
        ],
      }],
    });
    world.machine(name).powerOn();
  };
  for (const name of names) addMachine(name, names, 'new');
  world.addMachine({
    name: 'client', address: '10.0.1.1',
    files: { '/pki/ca.crt': encodeCertificate(ca.certificate), '/pki/client.crt': encodeCertificate(client.certificate), '/pki/client.key': encodePrivateKey(client.privateKey) },
  });
  world.machine('client').powerOn();
  const raft = (name: string): RaftView | undefined => world.view(name, 'etcd', 'raft') as RaftView | undefined;
  return {
    world, names, events, raft,
    log: (name) => logs.get(name) ?? '',
    addMember({ state, members }) {
      const name = `m${names.length + 1}`;
      names.push(name);
      addMachine(name, [...members, name], state);
      return name;
    },
    spawn(task) {
      jobs.push({ task });
      world.spawn('client', { program: 'tester' });
    },
    run<T>(task: (host: Host, etcd: TestClient) => Task<T>, limitMs = 60_000): T {
      let result: { value: T } | { error: unknown } | undefined;
      jobs.push({
        *task(host, client) {
          try {
            result = { value: yield* task(host, client) };
          } catch (error) {
            result = { error };
          }
        },
      });
      world.spawn('client', { program: 'tester' });
      world.run(world.nowMs + limitMs, () => result !== undefined);
      if (result === undefined) throw new Error('the client did not come to an end');
      if ('error' in result) throw result.error;
      return result.value;
    },
    command(program, args, machine = 'client', stdin) {
      let text = '';
      const input = stdin === undefined ? undefined : world.mailbox<string>();
      if (input !== undefined) {
        input.put(stdin as string);
        input.close();
      }
      const process = world.spawn(machine, { program, args, ...(input === undefined ? {} : { input }), onOutput: (_, part) => (text += part) });
      world.run(world.nowMs + 120_000, () => process.exit !== undefined);
      return { code: process.exit?.code ?? -1, text };
    },
    leader() {
      for (let i = 0; i < 100; i++) {
        for (const name of names) if (world.machine(name).on && raft(name)?.role === 'leader') return name;
        world.run(world.nowMs + 100);
      }
      throw new Error('no leader');
    },
  };
}

export { NetworkError };

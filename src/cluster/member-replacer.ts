// An operator at a machine whose member of etcd is beyond help: takes the member out of the cluster, empties its data directory, adds a new one
// and starts it. For machines whose init runs etcd ("the hard way"); as etcd's guide to replacing a failed member has it.
import { parseFlags } from '../client/flags.ts';
import type { Host, OperatingSystem, PrivilegedHost, ProcessHandle, Program } from '../kernel/host.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Task } from '../kernel/task.ts';
import { HttpClient } from '../wire/http-client.ts';
import { loadCertificates, loadKeyPair } from '../wire/tls-handshake.ts';

interface Member {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
}

const retryMs = 1000;

/** Args: `--after-ms=N -- ` and the flags that the machine starts its member with. Tries until it is done. */
export const memberReplacer: Program = {
  name: 'member-replacer',
  *main(host, args) {
    const { os } = host as PrivilegedHost;
    const split = args.indexOf('--');
    const flags = args.slice(split + 1);
    yield* host.clock.sleep(parseFlags(args.slice(0, split), []).number('after-ms', 0));
    yield* stop(host, os);
    const given = parseFlags(flags, []);
    const [name, ownUrl, dataDir] = [given.get('name') ?? '', given.list('initial-advertise-peer-urls')[0] ?? '', given.get('data-dir') ?? ''];
    const peers = given.list('initial-cluster').map((each) => each.split('=') as [string, string]);
    const others = peers.filter(([each]) => each !== name).map(([, url]) => url.replace(/^https:\/\/(.*):2380$/, '$1:2379'));
    host.disk.remove(dataDir);
    const members = yield* exchange(host, others, ownUrl);
    const initial = members.map((each) => `${each.peerUrls[0] === ownUrl ? name : each.name}=${each.peerUrls[0]}`);
    // Once it has a data directory, what its unit says of the cluster's beginning is of no account: the first start alone must say "existing".
    const first = [...flags.filter((flag) => !/^--initial-cluster(-state)?=/.test(flag)), `--initial-cluster=${initial.join(',')}`, '--initial-cluster-state=existing'];
    yield* untilItKnows(host, os, first, dataDir);
    os.control('etcd', 'start');
    return 0;
  },
};

function* stop(host: Host, os: OperatingSystem): Task<void> {
  os.control('etcd', 'stop');
  while (os.processes().some((each) => each.program === 'etcd')) {
    yield* host.clock.sleep(200);
    // It may wait for a majority that is not there, or be frozen.
    for (const each of os.processes()) if (each.program === 'etcd') os.process(each.pid)?.signal('SIGKILL');
  }
}

/** Removes the member at that address and adds one; the members afterwards. Looks again after every answer that did not come. */
function* exchange(host: Host, others: readonly string[], ownUrl: string): Task<readonly Member[]> {
  let removed = false;
  for (let turn = 0; ; turn++) {
    const endpoint = others[turn % others.length] as string;
    const members = yield* call(host, endpoint, 'MemberList', {});
    const own = members?.find((each) => each.peerUrls.includes(ownUrl));
    // A member without a name has never been started: it is the one that was added.
    if (members !== undefined && own !== undefined && own.name === '' && removed) return members;
    if (own !== undefined && own.name !== '') yield* call(host, endpoint, 'MemberRemove', { id: own.id });
    else if (members !== undefined) {
      removed = true;
      const after = own === undefined ? yield* call(host, endpoint, 'MemberAdd', { peerUrls: [ownUrl] }) : members;
      if (after !== undefined) return after;
    }
    yield* host.clock.sleep(retryMs);
  }
}

/** Undefined: refused, or no answer. */
function* call(host: Host, endpoint: string, method: string, body: unknown): Task<readonly Member[] | undefined> {
  const pki = '/etc/kubernetes/pki/etcd';
  const tls = { own: loadKeyPair(host, `${pki}/healthcheck-client.crt`, `${pki}/healthcheck-client.key`), trust: loadCertificates(host, `${pki}/ca.crt`) };
  const client = new HttpClient(host, endpoint, { tls, family: 'etcd', dialTimeoutMs: 2000 });
  try {
    const response = yield* client.call({ method: 'POST', path: `/etcdserverpb.Cluster/${method}`, body }, { timeoutMs: 8000, note: method });
    return response.status < 400 ? (response.body as { readonly members: readonly Member[] }).members : undefined;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return undefined;
  } finally {
    client.close();
  }
}

/**
 * Until it has heard of its cluster: after that its own data directory tells it. The others may not be able to answer yet; and one that lags may have
 * told it of itself as it was before it was removed. Then it ends (with code 0) and says that its data directory must go.
 */
function* untilItKnows(host: Host, os: OperatingSystem, flags: readonly string[], dataDir: string): Task<void> {
  let first: ProcessHandle | undefined;
  for (;;) {
    // Ended otherwise, it may have voted: what it has stays.
    if (first?.exit?.code === 0) host.disk.remove(dataDir);
    if (first === undefined || first.exit !== undefined) first = os.spawn({ program: 'etcd', args: flags, privileged: true });
    yield* host.clock.sleep(retryMs);
    if ((yield* call(host, '127.0.0.1:2379', 'MemberList', {})) === undefined) continue;
    first.signal('SIGKILL');
    yield* first.wait();
    return;
  }
}

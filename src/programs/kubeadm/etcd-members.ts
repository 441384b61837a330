// What kubeadm asks of etcd when a control plane machine joins or leaves: members, and their promotion. As etcd's Cluster RPCs.
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';
import { HttpClient } from '../../wire/http-client.ts';
import { loadCertificates, loadKeyPair } from '../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import { pkiFolder } from './certificates.ts';
import { Failure } from './context.ts';

export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export class EtcdMembers {
  private readonly host: Host;
  private readonly endpoints: readonly string[];
  private readonly tls: TlsIdentity;

  /** `endpoints`: `ip:2379` each. Speaks as the healthcheck client whose certificate lies on every control plane machine. */
  constructor(host: Host, endpoints: readonly string[]) {
    this.host = host;
    this.endpoints = endpoints;
    this.tls = { own: loadKeyPair(host, `${pkiFolder}/etcd/healthcheck-client.crt`, `${pkiFolder}/etcd/healthcheck-client.key`), trust: loadCertificates(host, `${pkiFolder}/etcd/ca.crt`) };
  }

  *list(): Task<readonly EtcdMember[]> {
    return (yield* this.call<{ readonly members: readonly EtcdMember[] }>('Cluster/MemberList', {})).members;
  }

  *addLearner(peerUrl: string): Task<readonly EtcdMember[]> {
    return (yield* this.callUntil<{ readonly members: readonly EtcdMember[] }>('Cluster/MemberAdd', { peerUrls: [peerUrl], isLearner: true })).members;
  }

  *promote(id: string): Task<void> {
    yield* this.call('Cluster/MemberPromote', { id });
  }

  *remove(id: string): Task<void> {
    yield* this.call('Cluster/MemberRemove', { id });
  }

  /** Again for up to two minutes, as kubeadm does: etcd refuses a new member while another has only just come. */
  private *callUntil<T>(method: string, body: unknown): Task<T> {
    const deadlineMs = this.host.clock.nowMs() + 120_000;
    for (;;) {
      try {
        return yield* this.call<T>(method, body);
      } catch (error) {
        if (!(error instanceof Failure) || !error.message.includes('unhealthy cluster') || this.host.clock.nowMs() >= deadlineMs) throw error;
        yield* this.host.clock.sleep(500);
      }
    }
  }

  /** Each endpoint in turn; throws Failure with etcd's words when one refuses, NetworkError when none answers. */
  private *call<T>(method: string, body: unknown): Task<T> {
    let broken: NetworkError | undefined;
    for (const endpoint of this.endpoints) {
      const client = new HttpClient(this.host, endpoint, { tls: this.tls, family: 'etcd', dialTimeoutMs: 2000 });
      try {
        const response = yield* client.call({ method: 'POST', path: `/etcdserverpb.${method}`, body }, { timeoutMs: 5000, note: method.slice(method.indexOf('/') + 1) });
        if (response.status < 400) return response.body as T;
        throw new Failure((response.body as RpcError).message);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        broken = error;
      } finally {
        client.close();
      }
    }
    throw broken ?? new Failure('etcd cluster has no endpoints');
  }
}

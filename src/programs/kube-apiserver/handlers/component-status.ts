// componentstatuses: asks the scheduler, the controller manager and etcd of this machine how they are. Deprecated, and still looked at.
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { notFound } from '../status.ts';
import { EtcdError, type EtcdClient } from '../storage/etcd-client.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

const ports: Readonly<Record<string, number>> = { 'controller-manager': 10257, scheduler: 10259 };

export class ComponentStatuses {
  private readonly host: Host;
  private readonly etcd: EtcdClient;

  constructor(host: Host, etcd: EtcdClient) {
    this.host = host;
    this.etcd = etcd;
  }

  *list(): Task<readonly StoredObject[]> {
    const items: StoredObject[] = [];
    for (const name of ['controller-manager', 'etcd-0', 'scheduler']) items.push(yield* this.get(name));
    return items;
  }

  *get(name: string): Task<StoredObject> {
    const port = ports[name];
    if (port === undefined && name !== 'etcd-0') throw notFound({ group: '', resource: 'componentstatuses' }, name);
    const problem = port === undefined ? yield* this.askEtcd() : yield* this.ask(`127.0.0.1:${port}`);
    const condition = problem === undefined ? { type: 'Healthy', status: 'True', message: 'ok' } : { type: 'Healthy', status: 'False', message: problem, error: problem };
    return { apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name }, conditions: [condition] };
  }

  private *ask(address: string): Task<string | undefined> {
    const http = new HttpClient(this.host, address, { tls: {}, family: 'probe', dialTimeoutMs: 5000 });
    try {
      const answer = yield* http.call({ method: 'GET', path: '/healthz' }, { timeoutMs: 5000 });
      return answer.status === 200 ? undefined : String(answer.body);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return `Get "https://${address}/healthz": ${error.message}`;
    } finally {
      http.close();
    }
  }

  private *askEtcd(): Task<string | undefined> {
    try {
      yield* this.etcd.range({ key: '/registry/health' }, 5000);
      return undefined;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      return error.message;
    }
  }
}

// Events live for an hour: they are written under an etcd lease, which many of them share.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { EtcdClient } from './etcd-client.ts';

const reuseMs = 60_000;
const maxObjects = 1000;

export class EventLeases {
  private readonly host: Host;
  private readonly etcd: EtcdClient;
  private readonly ttlSeconds: number;
  private lease = '';
  private grantedMs = -Infinity;
  private used = 0;

  constructor(host: Host, etcd: EtcdClient, ttlSeconds: number) {
    this.host = host;
    this.etcd = etcd;
    this.ttlSeconds = ttlSeconds;
  }

  *current(): Task<string> {
    const nowMs = this.host.clock.nowMs();
    if (this.lease === '' || nowMs - this.grantedMs > reuseMs || this.used >= maxObjects) {
      this.grantedMs = nowMs;
      this.used = 0;
      this.lease = yield* this.etcd.leaseGrant(this.ttlSeconds + reuseMs / 1000);
    }
    this.used++;
    return this.lease;
  }
}

// Keeps the endpoints of the Service `kubernetes`: each server renews its key under /registry/masterleases, and writes down who is there.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { isApiError } from '../../../client/api-error.ts';
import { namespaceObject } from '../bootstrap/objects.ts';
import type { Config } from '../config.ts';
import type { Loopback } from '../loopback.ts';
import { numberToAddress, parseCidr } from '../registry/service-addresses.ts';
import { EtcdError, type EtcdClient } from '../storage/etcd-client.ts';
import { endOf } from '../storage/watch-hub.ts';

const prefix = '/registry/masterleases/';
const ttlSeconds = 15;
const periodMs = 10_000;

interface Endpoints {
  readonly metadata: object;
  readonly subsets?: readonly { readonly addresses?: readonly { readonly ip: string }[]; readonly ports?: readonly object[] }[];
}

export class EndpointReconciler {
  private readonly host: Host;
  private readonly config: Config;
  private readonly etcd: EtcdClient;
  private readonly loopback: Loopback;
  private stopped = false;

  constructor(host: Host, config: Config, etcd: EtcdClient, loopback: Loopback) {
    this.host = host;
    this.config = config;
    this.etcd = etcd;
    this.loopback = loopback;
  }

  /** Makes the Service if need be; then keeps the lease and the endpoints. */
  *run(): Task<void> {
    for (;;) {
      if (this.stopped) return;
      let pauseMs = periodMs;
      try {
        yield* this.ensureService();
        yield* this.renew();
        yield* this.reconcile();
      } catch (error) {
        if (!(error instanceof EtcdError) && !isApiError(error)) throw error;
        this.host.output.error(`unable to sync kubernetes service: ${(error as Error).message}\n`);
        pauseMs = 1000;
      }
      yield* this.host.clock.sleep(pauseMs);
    }
  }

  /** A server that stops says goodbye. */
  *leave(): Task<void> {
    this.stopped = true;
    try {
      yield* this.etcd.deleteRange({ key: `${prefix}${this.config.advertiseAddress}` });
      yield* this.reconcile();
    } catch (error) {
      if (!(error instanceof EtcdError) && !isApiError(error)) throw error;
    }
  }

  private *ensureService(): Task<void> {
    const path = '/api/v1/namespaces/default/services';
    if ((yield* this.loopback.tryGet(`${path}/kubernetes`)) !== undefined) return;
    if ((yield* this.loopback.tryGet('/api/v1/namespaces/default')) === undefined) yield* this.loopback.create('/api/v1/namespaces', namespaceObject('default'));
    const clusterIP = numberToAddress(parseCidr(this.config.serviceClusterIpRange).base + 1);
    yield* this.loopback.create(path, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP, ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: this.config.securePort }], sessionAffinity: 'None', type: 'ClusterIP' },
    });
  }

  private *renew(): Task<void> {
    const lease = yield* this.etcd.leaseGrant(ttlSeconds);
    const ip = this.config.advertiseAddress;
    yield* this.etcd.put({ key: `${prefix}${ip}`, value: { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: '' }, subsets: [{ addresses: [{ ip }] }] }, lease });
  }

  private *reconcile(): Task<void> {
    const answer = yield* this.etcd.range({ key: prefix, rangeEnd: endOf(prefix) });
    const addresses = answer.kvs.map((kv) => kv.key.slice(prefix.length)).sort();
    if (addresses.length === 0) return;
    const ports = [{ name: 'https', port: this.config.securePort, protocol: 'TCP' }];
    const path = '/api/v1/namespaces/default/endpoints';
    const found = (yield* this.loopback.tryGet(`${path}/kubernetes`)) as Endpoints | undefined;
    const has = (found?.subsets ?? []).flatMap((subset) => (subset.addresses ?? []).map((each) => each.ip)).sort();
    const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
    const subsets = [{ addresses: addresses.map((ip) => ({ ip })), ports }];
    if (found === undefined) yield* this.loopback.create(path, { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'kubernetes', namespace: 'default', labels }, subsets });
    else if (has.join() !== addresses.join()) yield* this.loopback.replace(`${path}/kubernetes`, { ...found, subsets });
    yield* this.reconcileSlice(addresses, ports);
  }

  private *reconcileSlice(addresses: readonly string[], ports: readonly object[]): Task<void> {
    const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
    const found = (yield* this.loopback.tryGet(`${path}/kubernetes`)) as { endpoints?: readonly { addresses: readonly string[] }[] } | undefined;
    const endpoints = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
    if (found === undefined) {
      yield* this.loopback.create(path, { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } }, addressType: 'IPv4', endpoints, ports });
      return;
    }
    const has = (found.endpoints ?? []).flatMap((each) => each.addresses).sort();
    if (has.join() !== addresses.join()) yield* this.loopback.replace(`${path}/kubernetes`, { ...found, endpoints });
  }
}

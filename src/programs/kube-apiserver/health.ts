// /healthz, /livez and /readyz, with each check by name as the real server lists them.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpResponse } from '../../wire/http.ts';
import type { Query } from './request-info.ts';
import { EtcdError, type EtcdClient } from './storage/etcd-client.ts';

export interface Check {
  readonly name: string;
  /** undefined: fine. A task when others must be asked. */
  run(): Task<string | undefined> | string | undefined;
}

export function* answerHealth(which: 'healthz' | 'livez' | 'readyz', checks: readonly Check[], query: Query, path: string): Task<HttpResponse> {
  const excluded = new Set(query.all('exclude'));
  const single = path.split('/')[2];
  const chosen = single === undefined || single === '' ? checks : checks.filter((check) => check.name === path.slice(which.length + 2));
  const lines: string[] = [];
  const failed: string[] = [];
  for (const check of chosen) {
    if (excluded.has(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const outcome = check.run();
    const problem = typeof outcome === 'object' ? yield* outcome : outcome;
    if (problem === undefined) lines.push(`[+]${check.name} ok`);
    else {
      failed.push(check.name);
      lines.push(`[-]${check.name} failed: reason withheld`);
    }
  }
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  if (failed.length > 0) return { status: 500, headers, body: `${lines.join('\n')}\n${which} check failed\n` };
  if (!query.entries.some(([name]) => name === 'verbose')) return { status: 200, headers, body: 'ok' };
  return { status: 200, headers, body: `${lines.join('\n')}\n${which} check passed\n` };
}

/** As the real check: etcd is asked once a second at most, however many probes ask us. */
export function etcdCheck(host: Host, etcd: EtcdClient): () => Task<string | undefined> {
  let askedMs = -Infinity;
  let problem: string | undefined;
  return function* () {
    if (host.clock.nowMs() - askedMs < 999) return problem;
    askedMs = host.clock.nowMs();
    try {
      yield* etcd.range({ key: '/registry/health' }, 2000);
      problem = undefined;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      problem = `error getting data from etcd: ${error.message}`;
    }
    return problem;
  };
}

export const fine = (name: string): Check => ({
  name,
  run: () => undefined,
});

const hooks = [
  'start-apiserver-admission-initializer', 'generic-apiserver-start-informers', 'priority-and-fairness-config-consumer', 'priority-and-fairness-filter',
  'storage-object-count-tracker-hook', 'start-apiextensions-informers', 'start-apiextensions-controllers', 'crd-informer-synced',
  'start-system-namespaces-controller', 'peer-endpoint-reconciler-controller', 'start-cluster-authentication-info-controller', 'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector', 'storage-readiness', 'start-legacy-token-tracking-controller', 'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes', 'priority-and-fairness-config-producer', 'bootstrap-controller',
  'start-kubernetes-service-cidr-controller', 'start-kube-aggregator-informers', 'apiservice-status-local-available-controller', 'apiservice-status-remote-available-controller',
  'apiservice-registration-controller', 'apiservice-wait-for-first-sync', 'apiservice-discovery-controller', 'kube-apiserver-autoregistration',
];

/** The checks of one server. `done` knows which start hooks have finished. */
export function makeChecks(parts: { hookDone(name: string): boolean; synced(): boolean; etcd(): Task<string | undefined>; stopping(): boolean }): Readonly<Record<'healthz' | 'livez' | 'readyz', readonly Check[]>> {
  const hook = (name: string): Check => ({
    name: `poststarthook/${name}`,
    run: () => (parts.hookDone(name) ? undefined : 'not finished'),
  });
  const etcd: Check = { name: 'etcd', run: parts.etcd };
  const informers: Check = {
    name: 'informer-sync',
    run: () => (parts.synced() ? undefined : 'informers not started yet'),
  };
  const shutdown: Check = {
    name: 'shutdown',
    run: () => (parts.stopping() ? 'process is shutting down' : undefined),
  };
  const tail = [fine('autoregister-completion'), hook('apiservice-openapi-controller'), hook('apiservice-openapiv3-controller')];
  const live = [fine('ping'), fine('log'), etcd, ...hooks.map(hook), ...tail];
  const ready = [fine('ping'), fine('log'), etcd, { ...etcd, name: 'etcd-readiness' }, informers, ...hooks.map(hook), ...tail, shutdown];
  return { healthz: live, livez: live, readyz: ready };
}

// What is asked before a flunder is written: is its namespace there (NamespaceLifecycle, by the cluster's word), and has no fischer banned its name (BanFlunder)?
import { startInformer } from '../../client/informer.ts';
import type { ApiError } from '../../client/api-error.ts';
import type { ApiClient, Informer } from '../../client/contract.ts';
import { klog } from '../../client/klog.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { fischersPrefix, type Fischer } from '../../api/wardle/fischer.ts';
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { Admission, AdmissionRequest } from '../kube-apiserver/admission/plugin.ts';
import { forbidden, internalError, namespaceTerminating } from '../kube-apiserver/status.ts';
import type { Collections } from '../kube-apiserver/storage/collections.ts';
import type { StoredObject, WatchCache } from '../kube-apiserver/storage/watch-cache.ts';

const namespacesRef = { group: '', version: 'v1', resource: 'namespaces' };
const readyMs = 10_000;

export class WardleAdmission implements Admission {
  private readonly host: Host;
  private readonly client: ApiClient;
  private readonly namespaces: Informer;
  private readonly fischers: WatchCache;
  private readonly disabled: readonly string[];

  constructor(host: Host, client: ApiClient, collections: Collections, disabled: readonly string[]) {
    this.host = host;
    this.client = client;
    this.disabled = disabled;
    this.fischers = collections.cache(fischersPrefix);
    this.namespaces = startInformer(host, client, namespacesRef, { onError: (err) => klog(host, 'E', 'reflector.go:127', 'Failed to watch *v1.Namespace', { err }) });
  }

  get synced(): boolean {
    return this.namespaces.synced && this.fischers.ready;
  }

  /** NamespaceLifecycle. */
  *prepare(request: AdmissionRequest): Task<void> {
    const { operation, namespace } = request;
    if (operation !== 'CREATE' || namespace === '' || this.disabled.includes('NamespaceLifecycle')) return;
    if (!(yield* this.isReady(() => this.namespaces.synced))) throw notReady(request);
    const found = this.namespaces.get(namespace) ?? (yield* this.ask(namespace));
    if (found.metadata.deletionTimestamp !== undefined) throw namespaceTerminating(request, request.object?.metadata.name ?? request.name, namespace);
  }

  /** What was made a moment ago may not be known here yet. Throws the API server's refusal. */
  private *ask(namespace: string): Task<ApiObject> {
    try {
      return yield* this.client.get(namespacesRef, '', namespace);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw internalError(error.message);
    }
  }

  /** BanFlunder, which the real server asks among those that change objects. */
  *mutate(request: AdmissionRequest): Task<StoredObject> {
    const object = request.object as StoredObject;
    if (request.operation !== 'CREATE' || request.declaration.kind !== 'Flunder' || this.disabled.includes('BanFlunder')) return object;
    if (!(yield* this.isReady(() => this.fischers.ready))) throw notReady(request);
    for (const fischer of this.fischers.list('')) if ((fischer as unknown as Fischer).disallowedFlunders?.includes(object.metadata.name) === true) throw forbidden(request, object.metadata.name, 'this name may not be used, please change the resource name');
    return object;
  }

  *validate(): Task<void> {}

  private *isReady(ready: () => boolean): Task<boolean> {
    const deadlineMs = this.host.clock.nowMs() + readyMs;
    while (!ready() && this.host.clock.nowMs() < deadlineMs) yield* this.host.clock.sleep(100);
    return ready();
  }
}

const notReady = (request: AdmissionRequest): ApiError => forbidden(request, request.object?.metadata.name ?? request.name, 'not yet ready to handle request');

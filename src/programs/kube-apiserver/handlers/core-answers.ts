// What kinds of Kubernetes itself have besides the common rules: reviews, bindings, what pods and service accounts can do, namespaces and definitions that go in steps.
import { formatTime } from '../../../api/meta/time.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import type { StreamReply } from '../../../wire/http-server.ts';
import { fieldsOf, specOf, withSpec } from '../admission/plugin.ts';
import { definitionsPrefix } from '../apiextensions/terminating.ts';
import { withMeta, type ApiRequest } from '../registry/request.ts';
import type { ResourceTable } from '../registry/resources.ts';
import type { RestStore, Target } from '../registry/rest-store.ts';
import { withConditionTimes } from '../registry/signing-requests.ts';
import { methodNotAllowed, resourceNotFound } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import type { ApiHandler, OwnAnswers } from './api-handler.ts';
import type { ComponentStatuses } from './component-status.ts';
import { decodeBody, decodeValue, readBody, type DecodeAs } from './decode.ts';
import { readDeleteOptions } from './delete-options.ts';
import { withEphemeralContainers } from './ephemeral-containers.ts';
import type { ListWatch } from './list-watch.ts';
import type { PodSubresources } from './pod-subresources.ts';
import type { Reviews } from './reviews.ts';
import type { TokenRequests } from './token-requests.ts';

const deprecations: Readonly<Record<string, string>> = {
  '/v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  '/v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
};

const asBinding: DecodeAs = { kind: 'Binding', groupVersion: 'v1', definition: 'core.v1.Binding' };
const asEviction: DecodeAs = { kind: 'Eviction', groupVersion: 'policy/v1', definition: 'policy.v1.Eviction' };
const asTokenRequest: DecodeAs = { kind: 'TokenRequest', groupVersion: 'authentication.k8s.io/v1', definition: 'authentication.v1.TokenRequest' };

const podsOfJobsStay = 'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

interface Parts {
  readonly host: Host;
  readonly table: ResourceTable;
  readonly store: RestStore;
  readonly listWatch: ListWatch;
  readonly pods: PodSubresources;
  readonly reviews: Reviews;
  readonly tokens: TokenRequests;
  readonly components: ComponentStatuses;
  readonly handler: ApiHandler;
}

export class CoreAnswers implements OwnAnswers {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  answer(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> | undefined {
    const { info } = request;
    const deprecated = deprecations[`${info.group}/${info.version}/${info.resource}`];
    if (deprecated !== undefined) request.warnings.push(deprecated);
    const review = this.parts.reviews.answer(request, target.resource);
    if (review !== undefined) return at(review);
    if (info.group !== '') return undefined;
    if (info.resource === 'bindings' && info.verb === 'create') return this.bindByName(request, target);
    if (info.resource === 'componentstatuses' && (info.verb === 'get' || info.verb === 'list') && info.subresource === '' && info.namespace === '') return this.components(request, target);
    return undefined;
  }

  private *bindByName(request: ApiRequest, target: Target): Task<HttpResponse> {
    const podResource = this.parts.table.find('', 'v1', 'pods');
    if (podResource === undefined) throw resourceNotFound();
    const binding = decodeBody(request, target.resource);
    return yield* this.parts.pods.bind(request, { resource: podResource, namespace: target.namespace, name: binding.metadata.name, subresource: '' }, binding);
  }

  private *components(request: ApiRequest, { resource, name }: Target): Task<HttpResponse> {
    const { listWatch, components } = this.parts;
    if (request.info.verb === 'get') return listWatch.answerOne(request, resource, yield* components.get(name));
    return listWatch.answerList(request, resource, yield* components.list());
  }

  delete(request: ApiRequest, target: Target): Task<unknown> | undefined {
    const prefix = target.resource.declaration.storagePrefix;
    if (prefix === 'jobs') warnOfPods(request);
    return prefix === definitionsPrefix ? this.deleteDefinition(request, target) : prefix === 'namespaces' ? this.deleteNamespace(request, target) : undefined;
  }

  /** First it is marked; it goes when its content and its finalizers are gone. */
  private *deleteNamespace(request: ApiRequest, target: Target): Task<unknown> {
    const { store } = this.parts;
    const options = readDeleteOptions(request);
    const existing = yield* store.get(target);
    if (existing.metadata.deletionTimestamp === undefined) return yield* store.markNamespaceTerminating(request, target, options);
    return ((specOf(existing)['finalizers'] ?? []) as readonly string[]).length > 0 ? existing : yield* store.delete(request, target, options);
  }

  /** As a namespace: first marked, gone when its objects are. */
  private *deleteDefinition(request: ApiRequest, target: Target): Task<unknown> {
    const { store } = this.parts;
    const options = readDeleteOptions(request);
    const existing = yield* store.get(target);
    if (existing.metadata.deletionTimestamp === undefined && !request.dryRun) return yield* store.markDefinitionTerminating(request, target, options);
    return (existing.metadata.finalizers ?? []).length > 0 || request.dryRun ? existing : yield* store.delete(request, target, options);
  }

  *subresource(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    const { handler, pods, tokens, host } = this.parts;
    const { verb, subresource } = request.info;
    switch (subresource) {
      case 'binding':
        if (verb !== 'create') throw methodNotAllowed();
        return yield* pods.bind(request, target, decodeValue(request, target.resource, readBody(request, asBinding.kind), asBinding));
      case 'token':
        if (verb !== 'create') throw methodNotAllowed();
        return yield* tokens.create(request, target, decodeValue(request, target.resource, readBody(request, asTokenRequest.kind) ?? {}, asTokenRequest));
      case 'approval':
        return yield* handler.part(request, target, 'none', (next, existing) => withConditionTimes({ ...existing, metadata: next.metadata, status: { ...fieldsOf(existing['status']), conditions: fieldsOf(next['status'])['conditions'] ?? [] } }, existing, formatTime(host.clock.wallMs())));
      default:
        return yield* this.rareSubresource(request, target);
    }
  }

  /** What a cluster does not ask for by itself. */
  private *rareSubresource(request: ApiRequest, target: Target): Task<HttpResponse | StreamReply> {
    const { handler, pods } = this.parts;
    const { verb, subresource } = request.info;
    const { resource } = target;
    const isPod = resource.declaration.storagePrefix === 'pods';
    switch (subresource) {
      case 'eviction':
        if (verb !== 'create') throw methodNotAllowed();
        return yield* pods.evict(request, target, decodeValue(request, resource, readBody(request, asEviction.kind), asEviction));
      case 'log':
        if (verb !== 'get') throw methodNotAllowed();
        return yield* pods.log(request, target);
      case 'exec':
      case 'attach':
        return yield* pods.exec(request, target, subresource);
      case 'portforward':
        return yield* pods.portForward(request, target);
      case 'proxy':
        return resource.declaration.resource === 'nodes' ? yield* pods.nodeProxy(request, target) : yield* pods.workloadProxy(request, target);
      case 'finalize':
        return yield* handler.part(request, target, 'none', (next, existing) => withSpec({ ...existing, metadata: next.metadata }, { finalizers: specOf(next)['finalizers'] ?? [] }));
      case 'ephemeralcontainers':
        if (!isPod) throw resourceNotFound();
        return yield* handler.part(request, target, 'none', (next, existing) => bumped(withEphemeralContainers(resource, next, existing), existing));
      case 'resize':
        if (!isPod) throw resourceNotFound();
        return yield* handler.part(request, target, 'none', (next, existing) => bumped(resized(next, existing), existing));
      default:
        throw resourceNotFound();
    }
  }
}

function warnOfPods(request: ApiRequest): void {
  const { propagationPolicy, orphanDependents } = readDeleteOptions(request);
  if (propagationPolicy === undefined && orphanDependents === undefined) request.warnings.push(podsOfJobsStay);
}

/** An answer that is there already. */
function* at(answer: HttpResponse): Task<HttpResponse> {
  return answer;
}

const bumped = (next: StoredObject, existing: StoredObject): StoredObject => withMeta(next, { generation: (existing.metadata.generation ?? 0) + 1 });

function resized(next: StoredObject, existing: StoredObject): StoredObject {
  type Container = { readonly name: string; readonly resources?: unknown };
  const wanted = new Map(((specOf(next)['containers'] ?? []) as readonly Container[]).map((each) => [each.name, each.resources]));
  const containers = ((specOf(existing)['containers'] ?? []) as readonly Container[]).map((each) => (wanted.get(each.name) === undefined ? each : { ...each, resources: wanted.get(each.name) }));
  return withSpec(existing, { containers });
}

// What the API server does for definitions by itself: accepts their names, establishes them, registers their group versions, and empties those that go.
import type { CustomResourceDefinition } from '../../../api/apiextensions/types.ts';
import { cleanupFinalizer } from '../../../api/apiextensions/types.ts';
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import { sameJson } from '../../../api/meta/equality.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { Host, Mailbox } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Loopback } from '../loopback.ts';
import { EtcdError } from '../storage/etcd-client.ts';
import { decideNames } from './accepted-names.ts';
import { hasCondition, type CustomResources } from './custom-resources.ts';

const root = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const services = '/apis/apiregistration.k8s.io/v1/apiservices';
const retryMs = 1000;

export class DefinitionController {
  private readonly host: Host;
  private readonly resources: CustomResources;
  private readonly loopback: Loopback;
  private readonly queue: Mailbox<string>;
  private readonly waiting = new Set<string>();
  /** Group versions that this server has registered. */
  private readonly registered = new Set<string>();

  constructor(host: Host, resources: CustomResources, loopback: Loopback) {
    this.host = host;
    this.resources = resources;
    this.loopback = loopback;
    this.queue = host.tasks.mailbox<string>();
    resources.onChange((name) => this.add(name));
  }

  private add(name: string): void {
    if (this.waiting.has(name)) return;
    this.waiting.add(name);
    this.queue.put(name);
  }

  *run(): Task<void> {
    for (const { metadata } of this.resources.definitions()) this.add(metadata.name);
    for (;;) {
      const name = yield* this.queue.take();
      if (name === undefined) return;
      this.waiting.delete(name);
      try {
        yield* this.reconcile(name);
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof EtcdError)) throw error;
        this.host.tasks.spawn('definition retry', this.later(name));
      }
    }
  }

  private *later(name: string): Task<void> {
    yield* this.host.clock.sleep(retryMs);
    this.add(name);
  }

  private *reconcile(name: string): Task<void> {
    const definition = this.resources.find(name);
    if (definition === undefined) {
      this.settleNames(name);
      yield* this.registerGroups();
      return;
    }
    if (definition.metadata.deletionTimestamp !== undefined) {
      if ((definition.metadata.finalizers ?? []).includes(cleanupFinalizer)) yield* this.empty(definition);
      return;
    }
    if (yield* this.acceptNames(definition)) return;
    if (yield* this.establish(definition)) return;
    yield* this.registerGroups();
  }

  /** A name that was given up may be what another definition of the group waits for. */
  private settleNames(gone: string): void {
    const group = gone.slice(gone.indexOf('.') + 1);
    for (const each of this.resources.definitions()) if (each.spec.group === group && !hasCondition(each, 'NamesAccepted')) this.add(each.metadata.name);
  }

  // ---------------------------------------------------------------- names

  /** True when it wrote: the change comes back by the watch. */
  private *acceptNames(definition: CustomResourceDefinition): Task<boolean> {
    const others = this.resources.definitions().filter((each) => each.spec.group === definition.spec.group && each.metadata.name !== definition.metadata.name);
    const { accepted, condition } = decideNames(definition, others);
    const isEstablished = hasCondition(definition, 'Established');
    const conditions: Condition[] = [condition];
    if (!isEstablished) {
      conditions.push(condition.status === 'True' ? { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' } : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' });
    }
    return yield* this.writeStatus(definition, conditions, { acceptedNames: accepted });
  }

  private *establish(definition: CustomResourceDefinition): Task<boolean> {
    if (!hasCondition(definition, 'NamesAccepted') || hasCondition(definition, 'Established')) return false;
    return yield* this.writeStatus(definition, [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }], {});
  }

  private *writeStatus(definition: CustomResourceDefinition, wanted: readonly Condition[], more: object): Task<boolean> {
    const now = formatTime(this.host.clock.wallMs());
    let conditions: readonly Condition[] = definition.status?.conditions ?? [];
    for (const each of wanted) conditions = setCondition(conditions, each, now);
    const status = { ...definition.status, ...more, conditions };
    if (sameJson(status, definition.status)) return false;
    yield* this.loopback.replace(`${root}/${definition.metadata.name}/status`, { ...definition, status });
    return true;
  }

  // ---------------------------------------------------------------- deletion

  private *empty(definition: CustomResourceDefinition): Task<void> {
    const { group, names } = definition.spec;
    const version = definition.spec.versions?.find((each) => each.served)?.name;
    const now = formatTime(this.host.clock.wallMs());
    if (hasCondition(definition, 'Established') && version !== undefined) {
      const collection = `/apis/${group}/${version}/${names.plural}`;
      yield* this.deleteObjects(collection, definition.spec.scope === 'Namespaced');
      const left = (yield* this.loopback.call('GET', collection)) as { readonly items: readonly unknown[] };
      if (left.items.length > 0) {
        // Finalizers of the objects hold them; somebody else takes those away.
        yield* this.writeStatus(definition, [{ type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' }], {});
        this.host.tasks.spawn('definition retry', this.later(definition.metadata.name));
        return;
      }
    }
    const done: Condition = { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' };
    const finalizers = (definition.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer);
    const status = { ...definition.status, conditions: setCondition(definition.status?.conditions ?? [], done, now) };
    yield* this.loopback.replace(`${root}/${definition.metadata.name}/status`, { ...definition, metadata: { ...definition.metadata, finalizers }, status });
  }

  private *deleteObjects(collection: string, namespaced: boolean): Task<void> {
    const list = (yield* this.loopback.call('GET', collection)) as { readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace?: string; readonly deletionTimestamp?: string } }[] };
    const base = collection.slice(0, collection.lastIndexOf('/'));
    const plural = collection.slice(base.length + 1);
    for (const { metadata } of list.items) {
      if (metadata.deletionTimestamp !== undefined) continue;
      const path = namespaced ? `${base}/namespaces/${metadata.namespace ?? ''}/${plural}/${metadata.name}` : `${collection}/${metadata.name}`;
      try {
        yield* this.loopback.call('DELETE', path);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    }
  }

  // ---------------------------------------------------------------- API services

  /** Every served group version of custom resources has an APIService of its own, kept by the server. */
  private *registerGroups(): Task<void> {
    const wanted = new Map<string, readonly [group: string, version: string]>();
    for (const definition of this.resources.definitions()) {
      if (!hasCondition(definition, 'Established')) continue;
      for (const { name, served } of definition.spec.versions ?? []) if (served) wanted.set(`${name}.${definition.spec.group}`, [definition.spec.group, name]);
    }
    for (const [name, [group, version]] of wanted) {
      if (this.registered.has(name)) continue;
      yield* this.loopback.create(services, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } },
        spec: { group, version, groupPriorityMinimum: 1000, versionPriority: 100 },
        status: { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: formatTime(this.host.clock.wallMs()), reason: 'Local', message: 'Local APIServices are always available' }] },
      });
      this.registered.add(name);
    }
    for (const name of [...this.registered]) {
      if (wanted.has(name)) continue;
      this.registered.delete(name);
      try {
        yield* this.loopback.call('DELETE', `${services}/${name}`);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    }
  }
}

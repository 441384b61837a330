// Custom resources: what the definitions in etcd ask for is served by this server, and taken away again. Every server hears of them by its own watch.
import { customKinds } from '../../../api/apiextensions/custom-kind.ts';
import type { CustomResourceDefinition } from '../../../api/apiextensions/types.ts';
import { sameJson } from '../../../api/meta/equality.ts';
import type { ApiserverEvent } from '../events.ts';
import type { Host } from '../../../kernel/host.ts';
import { WebhookCaller } from '../admission/webhook/webhook-caller.ts';
import { groupVersionOf, type ResourceTable, type ServedResource } from '../registry/resources.ts';
import type { Collections } from '../storage/collections.ts';
import { definitionsPrefix } from './terminating.ts';
import { WebhookConverter } from './webhook-converter.ts';
import type { StoredObject, WatchCache } from '../storage/watch-cache.ts';

interface Served {
  readonly spec: unknown;
  readonly names: unknown;
  readonly terminating: boolean;
  readonly resources: readonly ServedResource[];
}

const asDefinition = (object: StoredObject): CustomResourceDefinition => object as unknown as CustomResourceDefinition;

export const hasCondition = (definition: CustomResourceDefinition, type: string): boolean => definition.status?.conditions?.some((each) => each.type === type && each.status === 'True') === true;

export class CustomResources {
  private readonly host: Host;
  private readonly table: ResourceTable;
  private readonly cache: WatchCache;
  private readonly served = new Map<string, Served>();
  private readonly listeners: ((name: string) => void)[] = [];
  private readonly caller: WebhookCaller;
  private readonly collections: Collections;

  constructor(host: Host, table: ResourceTable, collections: Collections) {
    this.host = host;
    this.table = table;
    this.collections = collections;
    this.caller = new WebhookCaller(host, collections);
    this.cache = collections.cache(definitionsPrefix);
    this.cache.onChange((key) => (key === undefined ? this.all() : this.changed(key.slice(key.lastIndexOf('/') + 1))));
    if (this.cache.ready) this.all();
  }

  definitions(): readonly CustomResourceDefinition[] {
    return this.cache.list('').map(asDefinition);
  }

  find(name: string): CustomResourceDefinition | undefined {
    const object = this.cache.get(`/registry/${definitionsPrefix}/${name}`);
    return object === undefined ? undefined : asDefinition(object);
  }

  /** Called with the name of every definition that comes, changes or goes, after what is served was set right. */
  onChange(listener: (name: string) => void): void {
    this.listeners.push(listener);
  }

  private all(): void {
    for (const name of new Set([...this.served.keys(), ...this.cache.list('').map((each) => each.metadata.name)])) this.changed(name);
  }

  private changed(name: string): void {
    const definition = this.find(name);
    // What is being deleted is served until its last object is gone.
    if (definition === undefined || !hasCondition(definition, 'Established')) this.withdraw(name);
    else this.serve(name, definition);
    for (const listener of this.listeners) listener(name);
  }

  private serve(name: string, definition: CustomResourceDefinition): void {
    const known = this.served.get(name);
    const names = definition.status?.acceptedNames;
    const terminating = hasCondition(definition, 'Terminating');
    const same = known !== undefined && sameJson(known.spec, definition.spec) && sameJson(known.names, names);
    if (same && known.terminating === terminating) return;
    const declarations = same ? known.resources.map((each) => each.declaration) : customKinds(definition);
    const converter = definition.spec.conversion?.strategy === 'Webhook' ? new WebhookConverter(this.host, definition, this.caller) : undefined;
    const resources = declarations.map((declaration): ServedResource => {
      const { custom } = declaration;
      const groupVersion = groupVersionOf(declaration);
      if (converter !== undefined && custom !== undefined) {
        return {
          declaration,
          groupVersion,
          terminating,
          fromStorage: (object) => custom.fromStored(converter.find(object, groupVersion)) as StoredObject,
          toStorage: (object) => converter.find(object, custom.storageVersion),
          prepare: (objects, to) => converter.convert(objects, to === 'served' ? groupVersion : custom.storageVersion),
        };
      }
      return {
        declaration,
        groupVersion,
        terminating,
        fromStorage: (object) => custom?.fromStored(object) as StoredObject,
        toStorage: (object) => (custom === undefined || object.apiVersion === custom.storageVersion ? object : { ...object, apiVersion: custom.storageVersion }),
      };
    });
    for (const each of known?.resources ?? []) this.table.remove(each.declaration.group, each.declaration.version, each.declaration.resource);
    for (const each of resources) this.table.add(each);
    this.served.set(name, { spec: definition.spec, names, terminating, resources });
    if (same) return;
    // Who watches the old shape begins anew with the new one.
    if (known !== undefined) this.endWatches(known.resources);
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.serving', definition: name, versions: resources.map((each) => each.groupVersion) });
  }

  private withdraw(name: string): void {
    const known = this.served.get(name);
    if (known === undefined) return;
    for (const each of known.resources) this.table.remove(each.declaration.group, each.declaration.version, each.declaration.resource);
    this.served.delete(name);
    this.endWatches(known.resources);
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.serving', definition: name, versions: [] });
  }

  private endWatches(resources: readonly ServedResource[]): void {
    for (const prefix of new Set(resources.map(({ declaration }) => declaration.storagePrefix))) this.collections.cache(prefix).endWatchers();
  }
}

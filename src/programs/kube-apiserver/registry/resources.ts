// What this server serves: every resource of every version, found by path, and its way to and from the stored form. Kinds may come and go at run time.
import type { KindDeclaration } from '../../../api/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export interface ServedResource {
  readonly declaration: KindDeclaration;
  /** `apps/v1`, `v1` */
  readonly groupVersion: string;
  /** When objects are kept in another version than this one. */
  readonly fromStorage?: (object: StoredObject) => StoredObject;
  readonly toStorage?: (object: StoredObject) => StoredObject;
  /** Brings what the two functions above need (a webhook converts): to be done before they are asked about these objects. */
  readonly prepare?: (objects: readonly StoredObject[], to: 'served' | 'stored') => Task<void>;
  /** Its definition is being deleted: nothing new is taken. */
  readonly terminating?: boolean;
}

export class ResourceTable {
  private readonly byPath = new Map<string, ServedResource>();
  private readonly byKind = new Map<string, ServedResource>();
  /** Grows when kinds come or go: discovery documents are made anew. */
  generation = 0;

  add(resource: ServedResource): void {
    const { group, version, resource: plural, kind } = resource.declaration;
    this.byPath.set(`${group}/${version}/${plural}`, resource);
    this.byKind.set(`${group}/${version}/${kind}`, resource);
    this.generation++;
  }

  remove(group: string, version: string, plural: string): void {
    const found = this.byPath.get(`${group}/${version}/${plural}`);
    if (found === undefined) return;
    this.byPath.delete(`${group}/${version}/${plural}`);
    this.byKind.delete(`${group}/${version}/${found.declaration.kind}`);
    this.generation++;
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.byPath.get(`${group}/${version}/${plural}`);
  }

  findKind(group: string, version: string, kind: string): ServedResource | undefined {
    return this.byKind.get(`${group}/${version}/${kind}`);
  }

  all(): readonly ServedResource[] {
    return [...this.byPath.values()];
  }

  hasGroupVersion(group: string, version: string): boolean {
    for (const each of this.byPath.values()) if (each.declaration.group === group && each.declaration.version === version) return true;
    return false;
  }
}

export const groupVersionOf = (declaration: Pick<KindDeclaration, 'group' | 'version'>): string => (declaration.group === '' ? declaration.version : `${declaration.group}/${declaration.version}`);

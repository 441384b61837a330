// Who owns whom: every object of the cluster, by uid, with edges from dependents to owners. Pure; says what needs looking at after each change.
import type { ApiObject, OwnerReference } from '../../../api/meta/object.ts';
import type { ResourceRef } from '../../../client/contract.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export interface GraphNode {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined while only somebody's owner reference told of it. */
  ref: ResourceRef | undefined;
  owners: readonly OwnerReference[];
  readonly dependents: Set<GraphNode>;
  beingDeleted: boolean;
  /** Waits for its dependents to be gone (foreground deletion). */
  deletingDependents: boolean;
  /** Not seen itself yet. */
  virtual: boolean;
}

export interface ToDo {
  readonly remove: (node: GraphNode) => void;
  readonly orphan: (node: GraphNode) => void;
}

const nobody: readonly OwnerReference[] = [];

export class OwnerGraph {
  private readonly nodes = new Map<string, GraphNode>();
  /** Owners that are known to be gone. */
  private readonly absent = new Set<string>();
  private readonly todo: ToDo;

  constructor(todo: ToDo) {
    this.todo = todo;
  }

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  isAbsent(uid: string): boolean {
    return this.absent.has(uid);
  }

  noteAbsent(uid: string): void {
    this.absent.add(uid);
    if (this.absent.size > 500) this.absent.delete(this.absent.values().next().value as string);
  }

  get size(): number {
    return this.nodes.size;
  }

  /** An object was seen, new or changed. */
  observe(object: ApiObject, ref: ResourceRef): void {
    const { metadata } = object;
    const uid = metadata.uid ?? '';
    const owners = metadata.ownerReferences ?? nobody;
    let node = this.nodes.get(uid);
    if (node === undefined) {
      // Most objects have no owner and are nobody's: one look-up each is all they cost.
      node = { uid, apiVersion: object.apiVersion, kind: object.kind, namespace: metadata.namespace ?? '', name: metadata.name, ref, owners, dependents: new Set(), beingDeleted: false, deletingDependents: false, virtual: false };
      this.nodes.set(uid, node);
      this.link(node, owners);
    } else {
      node.virtual = false;
      node.ref = ref;
      if (node.owners !== owners) this.changeOwners(node, owners);
    }
    this.processTransitions(node, object);
  }

  /** An object is gone. */
  forget(uid: string): void {
    const node = this.nodes.get(uid);
    if (node === undefined) return;
    this.nodes.delete(uid);
    this.unlink(node, node.owners);
    if (node.dependents.size > 0) this.noteAbsent(uid);
    for (const dependent of node.dependents) this.todo.remove(dependent);
    for (const owner of node.owners) {
      const found = this.nodes.get(owner.uid);
      if (found?.deletingDependents === true) this.todo.remove(found);
    }
  }

  /** Dependents that hold the owner back. */
  blockingDependents(node: GraphNode): readonly GraphNode[] {
    return [...node.dependents].filter(({ owners }) => owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true));
  }

  private link(node: GraphNode, owners: readonly OwnerReference[]): void {
    for (const reference of owners) {
      let owner = this.nodes.get(reference.uid);
      if (owner === undefined) {
        owner = { uid: reference.uid, apiVersion: reference.apiVersion, kind: reference.kind, namespace: node.namespace, name: reference.name, ref: undefined, owners: [], dependents: new Set(), beingDeleted: false, deletingDependents: false, virtual: true };
        this.nodes.set(reference.uid, owner);
        // Perhaps it does not exist: ask.
        this.todo.remove(owner);
      }
      owner.dependents.add(node);
    }
  }

  private unlink(node: GraphNode, owners: readonly OwnerReference[]): void {
    for (const { uid } of owners) {
      const owner = this.nodes.get(uid);
      owner?.dependents.delete(node);
      if (owner?.virtual === true && owner.dependents.size === 0) this.nodes.delete(uid);
    }
  }

  private changeOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    const before = node.owners;
    const removed = before.filter(({ uid }) => !owners.some((owner) => owner.uid === uid));
    const added = owners.filter(({ uid }) => !before.some((owner) => owner.uid === uid));
    const unblocked = owners.filter(({ uid, blockOwnerDeletion }) => blockOwnerDeletion !== true && before.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true));
    node.owners = owners;
    this.link(node, added);
    this.unlink(node, removed);
    if (removed.length > 0) this.todo.remove(node);
    for (const { uid } of [...removed, ...unblocked]) {
      const owner = this.nodes.get(uid);
      if (owner?.deletingDependents === true) this.todo.remove(owner);
    }
  }

  private processTransitions(node: GraphNode, { metadata }: ApiObject): void {
    if (metadata.deletionTimestamp === undefined) return;
    const first = !node.beingDeleted;
    node.beingDeleted = true;
    const finalizers = metadata.finalizers ?? [];
    if (finalizers.includes(orphanFinalizer)) {
      if (first) this.todo.orphan(node);
    } else if (finalizers.includes(foregroundFinalizer) && !node.deletingDependents) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.todo.remove(dependent);
      this.todo.remove(node);
    }
  }
}

export type Verdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop-owners'; readonly uids: readonly string[] }
  | { readonly kind: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' };

/** An object with these owners: stays while one of them really lives. */
export function decideFate(owners: { readonly solid: readonly string[]; readonly dangling: readonly string[]; readonly waiting: readonly string[] }, hasDependents: boolean, finalizers: readonly string[]): Verdict {
  if (owners.solid.length > 0) {
    const drop = [...owners.dangling, ...owners.waiting];
    return drop.length === 0 ? { kind: 'keep' } : { kind: 'drop-owners', uids: drop };
  }
  if (owners.waiting.length > 0 && hasDependents) return { kind: 'delete', policy: 'Foreground' };
  if (finalizers.includes(orphanFinalizer)) return { kind: 'delete', policy: 'Orphan' };
  if (finalizers.includes(foregroundFinalizer)) return { kind: 'delete', policy: 'Foreground' };
  return { kind: 'delete', policy: 'Background' };
}

// Who belongs to the cluster, under which ids and addresses, and who may never come back.
import { digest } from '../../wire/tls-handshake.ts';
import type { MemberChange, MemberInfo, Request } from './request.ts';

/** As etcd does, from the peer addresses and the cluster's token; for a member that is added later, from the second of its adding too. */
export function memberIdOf(peerUrls: readonly string[], token: string, addedSeconds?: number): string {
  return digest([...peerUrls].sort().join('') + token + (addedSeconds === undefined ? '' : String(addedSeconds))).slice(0, 16).replace(/^0+/, '');
}

export function clusterIdOf(memberIds: readonly string[]): string {
  return digest([...memberIds].sort().join('')).slice(0, 16).replace(/^0+/, '');
}

/** `m1=https://1.2.3.4:2380,m2=...`; a name may appear more than once. */
export function parseInitialCluster(text: string, token: string): readonly MemberInfo[] {
  const urls = new Map<string, string[]>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    const name = part.slice(0, at);
    const known = urls.get(name);
    if (known === undefined) urls.set(name, [part.slice(at + 1)]);
    else known.push(part.slice(at + 1));
  }
  return [...urls].map(([name, peerUrls]) => ({ id: memberIdOf(peerUrls, token), name, peerUrls, clientUrls: [], isLearner: false }));
}

export const sameUrls = (a: readonly string[], b: readonly string[]): boolean => [...a].sort().join() === [...b].sort().join();

export class Membership {
  private members = new Map<string, MemberInfo>();
  private gone = new Set<string>();
  /** What the others told a joining member, until its log says it too. */
  private assumed = new Map<string, MemberInfo>();

  assume(members: readonly MemberInfo[]): void {
    this.assumed = new Map(members.map((member) => [member.id, member]));
  }

  list(): readonly MemberInfo[] {
    const all = this.assumed.size === 0 ? this.members : new Map([...this.assumed, ...this.members]);
    return [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  /** Whether the log has given one of these addresses to somebody. */
  hasPeerUrl(urls: readonly string[]): boolean {
    return [...this.members.values()].some((member) => member.peerUrls.some((url) => urls.includes(url)));
  }
  voters(): readonly MemberInfo[] {
    return this.list().filter((member) => !member.isLearner);
  }
  get(id: string): MemberInfo | undefined {
    return this.members.get(id);
  }
  nameOf(id: string): string {
    const member = this.members.get(id) ?? this.assumed.get(id);
    return member === undefined || member.name === '' ? id : member.name;
  }
  isRemoved(id: string): boolean {
    return this.gone.has(id);
  }
  get removed(): readonly string[] {
    return [...this.gone].sort();
  }

  publish(request: Request & { kind: 'publish' }): void {
    const member = this.members.get(request.id);
    if (member !== undefined) this.members.set(request.id, { ...member, name: request.name, clientUrls: request.clientUrls });
  }

  apply(change: MemberChange): void {
    const { member } = change;
    if (change.change === 'remove') {
      this.members.delete(member.id);
      this.assumed.delete(member.id);
      this.gone.add(member.id);
    } else if (change.change === 'promote') {
      const known = this.members.get(member.id);
      if (known !== undefined) this.members.set(member.id, { ...known, isLearner: false });
    } else if (change.change === 'update') {
      const known = this.members.get(member.id);
      if (known !== undefined) this.members.set(member.id, { ...known, peerUrls: member.peerUrls });
    } else this.members.set(member.id, member);
  }

  restore(members: readonly MemberInfo[], removed: readonly string[]): void {
    this.members = new Map(members.map((member) => [member.id, member]));
    this.gone = new Set(removed);
    this.assumed.clear();
  }

  // What --strict-reconfig-check asks, as etcd's cluster.go does: would a majority of what is left have started?

  isReadyToAddVoter(): boolean {
    const voters = this.voters();
    const started = voters.filter((member) => member.name !== '').length;
    // A single member may always get a second one, although that makes two of which one has not started.
    if (started === 1 && voters.length === 1) return true;
    return started >= Math.floor((voters.length + 1) / 2) + 1;
  }

  isReadyToRemoveVoter(id: string): boolean {
    const rest = this.voters().filter((member) => member.id !== id);
    return rest.filter((member) => member.name !== '').length >= Math.floor(rest.length / 2) + 1;
  }

  isReadyToPromote(id: string): boolean {
    const voters = [...this.voters().filter((member) => member.id !== id)];
    const started = voters.filter((member) => member.name !== '').length + 1;
    return started >= Math.floor((voters.length + 1) / 2) + 1;
  }
}

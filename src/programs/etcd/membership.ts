// Who belongs to the cluster, under which ids and addresses.
import { digest } from '../../wire/tls-handshake.ts';
import type { MemberChange, MemberInfo, Request } from './request.ts';

/** As etcd does, from the peer addresses and the cluster's token. */
export function memberIdOf(peerUrls: readonly string[], token: string): string {
  return digest([...peerUrls].sort().join('') + token).slice(0, 16);
}

export function clusterIdOf(memberIds: readonly string[]): string {
  return digest([...memberIds].sort().join('')).slice(0, 16);
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

export class Membership {
  private members = new Map<string, MemberInfo>();

  list(): readonly MemberInfo[] {
    return [...this.members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  get(id: string): MemberInfo | undefined {
    return this.members.get(id);
  }
  nameOf(id: string): string {
    const member = this.members.get(id);
    return member === undefined || member.name === '' ? id : member.name;
  }

  publish(request: Request & { kind: 'publish' }): void {
    const member = this.members.get(request.id);
    if (member !== undefined) this.members.set(request.id, { ...member, name: request.name, clientUrls: request.clientUrls });
  }

  apply(change: MemberChange): void {
    const { member } = change;
    if (change.change === 'remove') this.members.delete(member.id);
    else if (change.change === 'promote') {
      const known = this.members.get(member.id);
      if (known !== undefined) this.members.set(member.id, { ...known, isLearner: false });
    } else if (change.change === 'update') {
      const known = this.members.get(member.id);
      if (known !== undefined) this.members.set(member.id, { ...known, peerUrls: member.peerUrls });
    } else this.members.set(member.id, member);
  }

  restore(members: readonly MemberInfo[]): void {
    this.members = new Map(members.map((member) => [member.id, member]));
  }
}

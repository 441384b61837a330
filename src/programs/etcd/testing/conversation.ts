// What tests of a running cluster say to it, and what it answers.
import type { TestCluster } from './cluster.ts';

/** The message of the error that `act` throws; 'no error' when it throws none. */
export function message(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

export interface Conversation {
  /** An RPC of a client to member `member` (from 0). Throws what the client does. */
  call<T = unknown>(member: number, method: string, body?: unknown): T;
  /** What the member's HTTP server says. */
  ask(member: number, path: string): { readonly status: number; readonly body: string };
  settle(ms: number): void;
  /** The peer URL of the n-th member (from 1). */
  url(n: number): string;
  idOf(name: string): string;
}

export function converse(cluster: TestCluster): Conversation {
  return {
    call: <T>(member: number, method: string, body: unknown = {}) => cluster.run((_, etcd) => etcd.call<T>(member, method, body, 20_000), 30_000),
    ask: (member, path) =>
      cluster.run(function* (_, etcd) {
        const response = yield* etcd.client(member).call({ method: 'GET', path }, { timeoutMs: 5000 });
        return { status: response.status, body: String(response.body) };
      }),
    settle: (ms) => cluster.world.run(cluster.world.nowMs + ms),
    url: (n) => `https://10.0.0.${n}:2380`,
    idOf: (name) => cluster.raft(name)?.id ?? '',
  };
}

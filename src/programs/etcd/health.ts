// Port 2381: what the kubelet's probes and Prometheus ask, in plain HTTP.
import type { Task } from '../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { Refusal } from './refusal.ts';
import { dbSize, serverVersion } from './rpc.ts';
import type { EtcdServer } from './server.ts';

const text = { 'content-type': 'text/plain; charset=utf-8' };

export function* handleHealth(server: EtcdServer, request: HttpRequest): Task<HttpResponse> {
  switch (request.path) {
    case '/health': {
      const serializable = request.query.some(([name, value]) => name === 'serializable' && value === 'true');
      const reason = server.leader === '' && !serializable ? 'RAFT NO LEADER' : serializable ? '' : yield* readProblem(server);
      const headers = { 'content-type': 'application/json' };
      if (reason !== '') return { status: 503, headers, body: `{"health":"false","reason":${JSON.stringify(reason)}}` };
      return { status: 200, headers, body: '{"health":"true","reason":""}' };
    }
    case '/livez':
      // Alive is whoever can read its own store; a lost leader is no reason to be restarted.
      return { status: 200, headers: text, body: 'ok\n' };
    case '/readyz': {
      const problem = yield* readProblem(server);
      if (problem === '') return { status: 200, headers: text, body: 'ok\n' };
      return { status: 503, headers: text, body: `[+]data_corruption ok\n[-]linearizable_read failed: ${problem}\n` };
    }
    case '/version':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: `{"etcdserver":"${serverVersion}","etcdcluster":"${serverVersion.replace(/\d+$/, '0')}"}` };
    case '/metrics':
      return { status: 200, headers: text, body: metrics(server) };
    default:
      return { status: 404, headers: text, body: '404 page not found\n' };
  }
}

function* readProblem(server: EtcdServer): Task<string> {
  try {
    yield* server.awaitReadIndex();
    return '';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

function metrics(server: EtcdServer): string {
  const { node, store } = server;
  const rows: readonly (readonly [string, number])[] = [
    ['etcd_server_has_leader', node.leader === '' ? 0 : 1],
    ['etcd_server_is_leader', node.isLeader ? 1 : 0],
    ['etcd_server_is_learner', node.isLearner ? 1 : 0],
    ['etcd_server_proposals_committed_total', node.committed],
    ['etcd_server_proposals_applied_total', server.applied],
    ['etcd_debugging_mvcc_current_revision', store.revision],
    ['etcd_debugging_mvcc_compact_revision', store.compacted],
    ['etcd_debugging_mvcc_keys_total', store.keyCount],
    ['etcd_debugging_mvcc_watcher_total', server.watches.watcherCount],
    ['etcd_mvcc_db_total_size_in_bytes', dbSize(server)],
  ];
  return rows.map(([name, value]) => `${name} ${value}\n`).join('');
}

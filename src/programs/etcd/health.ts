// Port 2381: what the kubelet's probes and Prometheus ask, in plain HTTP.
import type { Task } from '../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { metricsAnswer } from '../../wire/metrics.ts';
import { etcdMetrics } from './metrics.ts';
import { Refusal } from './refusal.ts';
import type { EtcdServer } from './server.ts';
import { versionOf } from './version.ts';

const text = { 'content-type': 'text/plain; charset=utf-8' };
const corrupt: HttpResponse = { status: 503, headers: text, body: '[-]data_corruption failed: alarm activated: CORRUPT\n' };

export function* handleHealth(server: EtcdServer, request: HttpRequest): Task<HttpResponse> {
  switch (request.path) {
    case '/health': {
      const serializable = request.query.some(([name, value]) => name === 'serializable' && value === 'true');
      const [alarm] = server.state.alarms;
      const reason = alarm !== undefined ? `ALARM ${alarm.alarm}` : server.leader === '' && !serializable ? 'RAFT NO LEADER' : serializable ? '' : yield* readProblem(server);
      const headers = { 'content-type': 'application/json' };
      if (reason !== '') return { status: 503, headers, body: `{"health":"false","reason":${JSON.stringify(reason)}}` };
      return { status: 200, headers, body: '{"health":"true","reason":""}' };
    }
    case '/livez':
      // Alive is whoever can read its own store; a lost leader is no reason to be restarted.
      if (server.state.hasAlarm('CORRUPT')) return corrupt;
      return { status: 200, headers: text, body: 'ok\n' };
    case '/readyz': {
      if (server.state.hasAlarm('CORRUPT')) return corrupt;
      const problem = yield* readProblem(server);
      if (problem === '') return { status: 200, headers: text, body: 'ok\n' };
      return { status: 503, headers: text, body: `[+]data_corruption ok\n[-]linearizable_read failed: ${problem}\n` };
    }
    case '/version':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: `{"etcdserver":"${versionOf(server.host)}","etcdcluster":"${server.state.clusterVersion || 'not_decided'}"}` };
    case '/metrics':
      return metricsAnswer(etcdMetrics(server));
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

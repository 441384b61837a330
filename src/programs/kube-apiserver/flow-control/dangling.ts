// Says in each FlowSchema's status whether the priority level that it names exists.
import { formatTime } from '../../../api/meta/time.ts';
import { isApiError } from '../../../client/api-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Loopback } from '../loopback.ts';
import type { Collections } from '../storage/collections.ts';
import { EtcdError } from '../storage/etcd-client.ts';
import { fieldsOf, type Fields } from '../admission/plugin.ts';
import type { FlowSchema } from './classify.ts';

const periodMs = 10_000;
const path = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';

export function* keepDanglingConditions(host: Host, collections: Collections, loopback: Loopback): Task<void> {
  const schemas = collections.cache('flowschemas');
  const levels = collections.cache('prioritylevelconfigurations');
  let seen = -1;
  for (;;) {
    const generation = schemas.generation + levels.generation;
    if (generation !== seen && schemas.ready && levels.ready) {
      seen = generation;
      for (const schema of schemas.list('') as readonly FlowSchema[]) {
        const level = schema.spec.priorityLevelConfiguration.name;
        yield* setCondition(host, loopback, schema, level, levels.get(`/registry/prioritylevelconfigurations/${level}`) === undefined);
      }
    }
    yield* host.clock.sleep(periodMs);
  }
}

function* setCondition(host: Host, loopback: Loopback, schema: FlowSchema, level: string, dangling: boolean): Task<void> {
  const conditions = (fieldsOf(schema['status'])['conditions'] ?? []) as readonly Fields[];
  const known = conditions.find(({ type }) => type === 'Dangling');
  const message = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)} ${dangling ? 'but there is no such object' : 'and it exists'}`;
  const status = dangling ? 'True' : 'False';
  if (known?.['status'] === status && known['message'] === message) return;
  const condition = { type: 'Dangling', status, lastTransitionTime: formatTime(host.clock.wallMs()), reason: dangling ? 'NotFound' : 'Found', message };
  try {
    yield* loopback.replace(`${path}/${schema.metadata.name}/status`, { ...schema, apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', status: { conditions: [...conditions.filter(({ type }) => type !== 'Dangling'), condition] } });
  } catch (error) {
    // Gone meanwhile, or the store is away: looked at again with the next change.
    if (!isApiError(error) && !(error instanceof EtcdError)) throw error;
  }
}

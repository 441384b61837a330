import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../api/meta/object.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { ResourceRef } from '../../../client/contract.ts';
import type { Host } from '../../../kernel/host.ts';
import { createWorld } from '../../../kernel/create-world.ts';
import { fakeEtcd } from '../testing/fake-etcd.ts';
import { clientIdentity, createSmallWorld } from '../testing/small-world.ts';
import { dealHand, PriorityLevel, type LevelShape } from './priority-level.ts';

type Any = ApiObject & Record<string, any>;
const flow = (resource: string): ResourceRef => ({ group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource });
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';

describe('shuffle sharding', () => {
  it('deals each flow the same hand of different queues', () => {
    const hand = dealHand('global-default\njane', 64, 6);
    expect(new Set(hand).size).toBe(6);
    expect(hand.every((index) => index >= 0 && index < 64)).toBe(true);
    expect(dealHand('global-default\njane', 64, 6)).toEqual(hand);
    expect(dealHand('global-default\njoe', 64, 6)).not.toEqual(hand);
  });
});

describe('a priority level', () => {
  /** Runs `main` in a world of its own and gives what it noted. */
  function inWorld(main: (host: Host, note: (text: string) => void) => void): readonly string[] {
    const notes: string[] = [];
    const world = createWorld({ seed: 1, programs: [{ name: 'p', *main(host) { main(host, (text) => void notes.push(`${host.clock.nowMs()} ${text}`)); yield* host.clock.sleep(60_000); return 0; } }] });
    world.addMachine({ name: 'm', address: '10.0.0.1', units: [{ program: 'p' }] }).powerOn();
    world.run(world.nowMs + 50_000);
    const first = Number(notes[0]?.split(' ')[0] ?? 0);
    return notes.map((note) => `${Number(note.split(' ')[0]) - first}${note.slice(note.indexOf(' '))}`);
  }
  const shape = (seats: number, queuing: LevelShape['queuing']): LevelShape => ({ name: 'l', exempt: false, seats, queuing });

  it('seats so many at a time; a flow that floods does not keep another waiting', () => {
    const notes = inWorld((host, note) => {
      const level = new PriorityLevel(host, shape(1, { queues: 64, handSize: 1, queueLengthLimit: 50 }), '');
      function* request(flow: string) {
        const admission = yield* level.enter(flow, 1, 15_000);
        note(`${flow} ${admission}`);
        yield* host.clock.sleep(100);
        level.leave(1);
      }
      for (let i = 0; i < 4; i++) host.tasks.spawn('flood', request('flood'));
      host.tasks.spawn('calm', request('calm'));
    });
    expect(notes).toEqual(['0 flood at once', '100 flood waited', '200 calm waited', '300 flood waited', '400 flood waited']);
  });

  it('refuses when its queue is full, when it has none, and who waited too long', () => {
    const notes = inWorld((host, note) => {
      const queued = new PriorityLevel(host, shape(1, { queues: 1, handSize: 1, queueLengthLimit: 1 }), '');
      const strict = new PriorityLevel(host, shape(1, undefined), '');
      function* request(level: PriorityLevel, name: string) {
        const admission = yield* level.enter('f', 1, 500);
        note(`${name} ${admission}`);
        if (admission !== 'at once') return;
        yield* host.clock.sleep(10_000);
        level.leave(1);
      }
      for (const [level, name] of [[queued, 'queued'], [strict, 'strict']] as const) for (let i = 0; i < 3; i++) host.tasks.spawn(name, request(level, name));
    });
    expect(notes).toEqual(['0 queued at once', '0 queued queue-full', '0 strict at once', '0 strict concurrency-limit', '0 strict concurrency-limit', '500 queued time-out']);
  });
});

describe('the server', () => {
  it('says in each answer of which flow it was, and in each schema whether its level is there', () => {
    const { run, world } = createSmallWorld();
    run(function* (client) {
      yield* client.create(flow('flowschemas'), '', { apiVersion, kind: 'FlowSchema', metadata: { name: 'lost' }, spec: { priorityLevelConfiguration: { name: 'nowhere' }, matchingPrecedence: 5000, rules: [{ subjects: [{ kind: 'Group', group: { name: '*' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } } as Any);
    });
    world.run(world.nowMs + 15_000);
    const result = run(function* (client) {
      const answer = yield* client.raw('GET', '/version');
      const schema = yield* client.get<Any>(flow('flowschemas'), '', 'exempt');
      const level = yield* client.get<Any>(flow('prioritylevelconfigurations'), '', 'exempt');
      const lost = yield* client.get<Any>(flow('flowschemas'), '', 'lost');
      const condition = ({ status }: Any): unknown => [status?.['conditions']?.[0]?.status, status?.['conditions']?.[0]?.reason];
      return [answer.headers['x-kubernetes-pf-flowschema-uid'] === schema.metadata.uid, answer.headers['x-kubernetes-pf-prioritylevel-uid'] === level.metadata.uid, condition(schema), condition(lost)];
    });
    expect(result).toEqual([true, true, ['False', 'Found'], ['True', 'NotFound']]);
  });

  it('refuses with 429 who finds neither seat nor queue', () => {
    const { run, events } = createSmallWorld(1, fakeEtcd, [], ['--max-requests-inflight=1', '--max-mutating-requests-inflight=0']);
    run(function* (client) {
      yield* client.create(flow('prioritylevelconfigurations'), '', { apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name: 'narrow' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } } } as Any);
      yield* client.create(flow('flowschemas'), '', { apiVersion, kind: 'FlowSchema', metadata: { name: 'jane' }, spec: { priorityLevelConfiguration: { name: 'narrow' }, matchingPrecedence: 3, rules: [{ subjects: [{ kind: 'User', user: { name: 'jane' } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }] }] } } as Any);
    });
    run(function* (client) {
      yield* client.create({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' }, '', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'jane' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }] } as Any);
    });
    const codes = run(function* (client, host) {
      const done = host.tasks.mailbox<number>();
      function* ask() {
        try {
          yield* client.list({ group: '', version: 'v1', resource: 'pods' }, '');
          done.put(200);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          done.put(error.code);
        }
      }
      for (let i = 0; i < 3; i++) host.tasks.spawn('ask', ask());
      return [yield* done.take(), yield* done.take(), yield* done.take()];
    }, { tls: clientIdentity('jane') });
    // The client does as it is told: it comes again after a second.
    expect(codes).toEqual([200, 200, 200]);
    expect(events.filter((event) => event.data.type === 'apiserver.refused' && (event.data as unknown as { code: number }).code === 429).length).toBeGreaterThanOrEqual(2);
    expect(events.map((event) => event.data as unknown as { type: string; outcome?: string }).find(({ type }) => type === 'apiserver.queued')?.outcome).toBe('concurrency-limit');
  });

  it('takes no schema or level that it could not read', () => {
    const { run } = createSmallWorld();
    const make = (resource: string, kind: string, name: string, spec: object) =>
      run(function* (client) {
        return (yield* client.create(flow(resource), '', { apiVersion, kind, metadata: { name }, spec } as Any)).metadata.name;
      });
    const schema = (spec: object) => make('flowschemas', 'FlowSchema', 's', spec);
    expect(schema({ matchingPrecedence: 1 })).toBe(`FlowSchema.flowcontrol.apiserver.k8s.io "s" is invalid: [spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1, spec.priorityLevelConfiguration.name: Required value: must reference a priority level]`);
    expect(schema({ priorityLevelConfiguration: { name: 'x' }, rules: [{ subjects: [{ kind: 'User', group: { name: 'a' } }], resourceRules: [{ verbs: ['*', 'get'], apiGroups: [], resources: ['*'] }] }] })).toContain("spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'");
    expect(make('prioritylevelconfigurations', 'PriorityLevelConfiguration', 'l', { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 2, handSize: 3 } } } })).toContain('spec.limited.limitResponse.queuing.handSize: Invalid value: 3: should not be greater than queues (2)');
  });
});

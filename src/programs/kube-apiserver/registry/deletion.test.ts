import { describe, expect, it } from 'vitest';
import type { StoredObject } from '../storage/watch-cache.ts';
import { decideDeletion, isDeletable } from './deletion.ts';
import type { DeleteOptions } from './request.ts';

const nowMs = 1_767_225_600_000;
const pod = (metadata: object = {}, spec: object = { nodeName: 'n1', terminationGracePeriodSeconds: 30 }, phase = 'Running'): StoredObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', generation: 1, ...metadata }, spec, status: { phase } });
const claim = (metadata: object = {}): StoredObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', ...metadata } });

describe('decideDeletion', () => {
  const rows: readonly [string, StoredObject, string, DeleteOptions, object | undefined, boolean][] = [
    ['a running pod gets its grace period', pod(), 'pods', {}, { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30, generation: 2 }, false],
    ['a pod without node goes at once', pod({}, {}), 'pods', {}, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, generation: 2 }, true],
    ['a finished pod goes at once', pod({}, { nodeName: 'n1', terminationGracePeriodSeconds: 30 }, 'Succeeded'), 'pods', {}, { deletionGracePeriodSeconds: 0 }, true],
    ['grace 0 goes at once', pod(), 'pods', { gracePeriodSeconds: 0 }, { deletionGracePeriodSeconds: 0 }, true],
    ['a longer grace period is ignored', pod({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 }), 'pods', { gracePeriodSeconds: 60 }, undefined, false],
    ['a shorter one counts from the beginning', pod({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 }), 'pods', { gracePeriodSeconds: 5 }, { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5, generation: 1 }, false],
    ['other kinds go at once', claim(), 'configmaps', {}, undefined, true],
    ['finalizers hold', claim({ finalizers: ['x/y'] }), 'configmaps', {}, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, finalizers: ['x/y'] }, false],
    ['foreground is a finalizer', claim(), 'configmaps', { propagationPolicy: 'Foreground' }, { finalizers: ['foregroundDeletion'] }, false],
    ['orphan is a finalizer', claim(), 'configmaps', { propagationPolicy: 'Orphan' }, { finalizers: ['orphan'] }, false],
    ['a ReplicationController leaves its pods alone', claim(), 'replicationcontrollers', {}, { finalizers: ['orphan'] }, false],
    ['unless it is told otherwise', claim(), 'replicationcontrollers', { propagationPolicy: 'Background' }, undefined, true],
    ['in whatever form', claim(), 'replicationcontrollers', { orphanDependents: false }, undefined, true],
    ['or has been told before', claim({ finalizers: ['foregroundDeletion'] }), 'replicationcontrollers', {}, { finalizers: ['foregroundDeletion'] }, false],
    ['events have no dependants', claim(), 'events', { propagationPolicy: 'Foreground' }, undefined, true],
  ];
  it.each(rows)('%s', (_, object, resource, options, metadata, remove) => {
    const step = decideDeletion(object, resource, '', options, nowMs);
    if (metadata === undefined) expect(step.update).toBeUndefined();
    else expect(step.update?.metadata).toMatchObject(metadata);
    expect(step.remove).toBe(remove);
  });
});

describe('isDeletable', () => {
  const gone = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 };
  it.each([
    ['a deleted object without finalizers', claim(gone), 'configmaps', true],
    ['with finalizers', claim({ ...gone, finalizers: ['x/y'] }), 'configmaps', false],
    ['not deleted', claim(), 'configmaps', false],
    ['a pod in its grace period', pod({ ...gone, deletionGracePeriodSeconds: 30 }), 'pods', false],
    ['a namespace with its finalizer', { ...claim({ deletionTimestamp: '2026-01-01T00:00:00Z' }), spec: { finalizers: ['kubernetes'] } }, 'namespaces', false],
    ['a namespace without', { ...claim({ deletionTimestamp: '2026-01-01T00:00:00Z' }), spec: {} }, 'namespaces', true],
  ] as const)('%s', (_, object, prefix, deletable) => expect(isDeletable(object as StoredObject, prefix)).toBe(deletable));
});

// What keeps a container from starting, and what the pod shows meanwhile.
import { describe, expect, it } from 'vitest';
import { createNode } from './testing/node.ts';

const container = (more: object) => ({ name: 'c', image: 'web:1', imagePullPolicy: 'IfNotPresent', ...more });

describe('a container', () => {
  it('waits for the ConfigMap of its environment', () => {
    const { api, world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    create('p', { containers: [container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }] })] });
    world.run(14_000);
    expect(pod('p')['status'].containerStatuses[0].state.waiting).toEqual({ reason: 'CreateContainerConfigError', message: 'configmap "late" not found' });
    expect(events('p')).toContain('Failed: Error: configmap "late" not found');
    api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'default' }, data: { a: 'b' } });
    world.run(30_000);
    expect(pod('p')['status']).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
  });

  it('that must not run as root says why it does not', () => {
    const { world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    create('image', { securityContext: { runAsNonRoot: true }, containers: [container({})] });
    create('user', { containers: [container({ securityContext: { runAsNonRoot: true, runAsUser: 0 } })] });
    create('other', { securityContext: { runAsUser: 1000 }, containers: [container({ securityContext: { runAsNonRoot: true } })] });
    create('allowed', { securityContext: { runAsNonRoot: true }, containers: [container({ securityContext: { runAsNonRoot: false } })] });
    world.run(14_000);
    const waiting = (name: string): unknown => pod(name)['status'].containerStatuses[0].state.waiting;
    expect(waiting('image')).toEqual({ reason: 'CreateContainerConfigError', message: expect.stringMatching(/^container has runAsNonRoot and image will run as root \(pod: "image_default\(uid-\d+\)", container: c\)$/) });
    expect(waiting('user')).toEqual({ reason: 'CreateContainerConfigError', message: expect.stringMatching(/^container's runAsUser breaks non-root policy \(pod: /) });
    expect(events('image').filter((each) => each.startsWith('Failed: Error: container has runAsNonRoot')).length).toBeGreaterThan(0);
    for (const name of ['other', 'allowed']) expect(pod(name)['status'].phase).toBe('Running');
  });

  it('whose command is not there is tried again, later each time', () => {
    const { world, giveCidr, pod, create } = createNode();
    giveCidr();
    create('p', { containers: [container({ command: ['/nowhere'] })] });
    const delays = new Set<number>();
    world.onTrace(({ data }) => {
      if (data.type === 'kubelet.backoff') delays.add((data as unknown as { delayMs: number }).delayMs);
    });
    world.run(60_000);
    expect([...delays]).toEqual([10_000, 20_000, 40_000]);
    const state = pod('p')['status'].containerStatuses[0];
    expect(state.lastState.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
    expect(state.state.waiting.message).toMatch(/^back-off 40s restarting failed container=c pod=p_default\(uid-\d+\)$/);
  });

  it('whose postStart hook fails is ended, and started again after its back-off', () => {
    const { world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    create('p', { terminationGracePeriodSeconds: 1, containers: [container({ lifecycle: { postStart: { exec: { command: ['sh', '-c', 'fail'] } } } })] });
    world.run(40_000);
    expect(events('p').some((each) => each.startsWith('FailedPostStartHook: PostStartHook failed'))).toBe(true);
    expect(events('p')).toContain('Killing: FailedPostStartHook');
    expect(pod('p')['status'].containerStatuses[0].restartCount).toBeGreaterThanOrEqual(1);
  });
});

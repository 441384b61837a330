// How long a pod's containers get, and in which order they go.
import { describe, expect, it } from 'vitest';
import { createNode } from './testing/node.ts';

/** A pod that is deleted at 20 s; tells when (ms after the deletion) each container was signalled and ended. */
function endOf(spec: object, graceSeconds = 30) {
  const node = createNode();
  node.giveCidr();
  node.create('p', spec);
  node.world.run(20_000);
  const marks: string[] = [];
  node.world.onTrace(({ data, atMs }) => {
    const event = data as { type: string; name?: string; signal?: string };
    if (event.type === 'containerd.stopping') marks.push(`${event.name} ${event.signal} ${Math.floor((atMs - 20_000) / 1000)} s`);
    if (event.type === 'containerd.exited') marks.push(`${event.name} ended ${Math.floor((atMs - 20_000) / 1000)} s`);
  });
  node.api.remove('pods', 'default', 'p', graceSeconds);
  return { ...node, marks };
}
const stubborn = (name: string, more: object = {}) => ({ name, image: 'stubborn:1', imagePullPolicy: 'IfNotPresent', ...more });
const web = (name: string) => ({ ...stubborn(name), image: 'web:1' });

describe('the end of a pod', () => {
  it('is SIGTERM, the grace period, SIGKILL', () => {
    const { world, marks } = endOf({ containers: [stubborn('a')] });
    world.run(60_000);
    expect(marks).toEqual(['a SIGTERM 0 s', 'a SIGKILL 30 s', 'a ended 30 s']);
  });
  it('counts the preStop hook in, and leaves two seconds at least', () => {
    const { world, marks } = endOf({ containers: [stubborn('a', { lifecycle: { preStop: { sleep: { seconds: 9 } } } })] }, 10);
    world.run(60_000);
    expect(marks).toEqual(['a SIGTERM 9 s', 'a SIGKILL 11 s', 'a ended 11 s']);
  });
  it('comes sooner when less time is given meanwhile, never later', () => {
    const { world, marks, api } = endOf({ containers: [stubborn('a')] });
    world.run(25_000);
    api.remove('pods', 'default', 'p', 3);
    world.run(26_000);
    api.remove('pods', 'default', 'p', 60);
    world.run(60_000);
    expect(marks.at(-1)).toBe('a ended 8 s');
  });
  it('takes sidecars last, the last one first', () => {
    const { world, marks } = endOf({ initContainers: [web('s1'), stubborn('s2')].map((each) => ({ ...each, restartPolicy: 'Always' })), containers: [stubborn('a')] }, 4);
    world.run(60_000);
    expect(marks.filter((mark) => mark.includes('ended')).map((mark) => mark.split(' ')[0])).toEqual(['a', 's2', 's1']);
  });
});

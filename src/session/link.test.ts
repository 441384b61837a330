import { describe, expect, it } from 'vitest';
import { decodeLink, encodeLink, type LinkedRun } from './link.ts';

const linked: LinkedRun = {
  run: {
    version: 1,
    preset: 'ha',
    seed: 7,
    epochMs: 1767225600000,
    inputs: [
      { atMs: 60_000, command: { do: 'run', machine: 'laptop', line: 'kubectl apply -f -', stdin: 'kind: Pod\n# 한글\n' } },
      { atMs: 61_000.25, command: { do: 'power', machine: 'w2-k8s', on: false } },
      { atMs: 62_000, command: { do: 'fault', name: 'cut', rule: { kind: 'cut', from: ['m1-k8s'], to: ['*'] } } },
    ],
  },
  momentMs: 61_500,
  camera: { x: -10, y: 4.5, zoom: 1.25 },
  language: 'ko',
};

describe('a link', () => {
  it('carries a run, its moment, its camera and its language', () => {
    const link = encodeLink(linked);
    expect(link).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeLink(link)).toEqual({ value: linked, problems: [] });
  });

  it.each([
    ['nothing', '', 'link.not-a-link'],
    ['other text', 'hello world!', 'link.not-a-link'],
    ['a cut link', encodeLink(linked).slice(0, 60), 'link.damaged'],
    ['noise', 'A'.repeat(400), 'link.damaged'],
    ['a later version', encodeLink({ run: { ...linked.run, version: 99 } }), 'link.newer-version'],
    ['another preset', encodeLink({ run: { ...linked.run, preset: 'mars' as never } }), 'link.not-a-run'],
    ['a command that does not exist', encodeLink({ run: { ...linked.run, inputs: [{ atMs: 1, command: { do: 'format', machine: 'laptop' } as never }] } }), 'link.not-a-run'],
    ['a time that is none', encodeLink({ run: { ...linked.run, inputs: [{ atMs: -1, command: { do: 'heal-all' } }] } }), 'link.not-a-run'],
  ])('that holds %s says what is wrong', (_what, link, key) => {
    const { value, problems } = decodeLink(link);
    expect(value).toBeUndefined();
    expect(problems.map((problem) => problem.key)).toEqual([key]);
    expect(problems[0]?.message).not.toBe('');
  });
});

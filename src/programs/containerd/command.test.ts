import { describe, expect, it } from 'vitest';
import { decideCommand, splitLines } from './command.ts';
import { parseRuntimeConfig } from './config.ts';

const image = { program: 'nginx', args: ['-g', 'daemon off;'], sizeBytes: 1, digest: 'sha256:1' };
const exists = (program: string): boolean => ['nginx', 'sh', 'sleep'].includes(program);

describe('which program a container runs', () => {
  it.each([
    ['the entry point', [], [], { program: 'nginx', args: ['-g', 'daemon off;'] }],
    ['the entry point with other arguments', [], ['-t'], { program: 'nginx', args: ['-t'] }],
    ['the command', ['/bin/sh', '-c'], ['echo hi'], { program: 'sh', args: ['-c', 'echo hi'], argv0: '/bin/sh' }],
    ['a command without arguments', ['sleep', '1'], [], { program: 'sleep', args: ['1'], argv0: 'sleep' }],
    ['what is not there', ['foo'], [], { problem: 'exec: "foo": executable file not found in $PATH' }],
    ['a path that is not there', ['/bin/foo'], [], { problem: 'exec: "/bin/foo": stat /bin/foo: no such file or directory' }],
  ])('%s', (_name, command, args, expected) => expect(decideCommand(image, { command, args }, exists)).toEqual(expected));

  it('an image without an entry point runs the arguments as the command', () => {
    const busybox = { program: 'sh', args: [], commandOnly: true, sizeBytes: 1, digest: 'sha256:2' };
    expect(decideCommand(busybox, { command: [], args: ['sleep', '5'] }, exists)).toEqual({ program: 'sleep', args: ['5'], argv0: 'sleep' });
    expect(decideCommand(busybox, { command: [], args: [] }, exists)).toEqual({ program: 'sh', args: [] });
  });
});

it('splits output into lines', () => expect(splitLines('a', 'b\nc\nd')).toEqual({ lines: ['ab', 'c'], rest: 'd' }));

it('reads its settings', () => {
  expect(parseRuntimeConfig('version = 3\nruntime_name = "cri-o"\ninstant = true # fake\n')).toMatchObject({ runtimeName: 'cri-o', runtimeVersion: '1.36.0', instant: true, instantProgram: 'pause' });
});

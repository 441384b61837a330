import { describe, expect, it } from 'vitest';
import { createWorld } from '../../kernel/create-world.ts';
import { shellPrograms } from './main.ts';

/** What a script prints (errors marked), and its exit code; `privileged` shells start processes, others run applets. */
function run(script: string, options: { privileged?: boolean; stdin?: string; files?: Record<string, string>; program?: string } = {}): { text: string; code: number | undefined } {
  const world = createWorld({ seed: 1, programs: shellPrograms });
  const machine = world.addMachine({ name: 'laptop', address: '192.168.1.5', files: options.files ?? {} });
  machine.powerOn();
  let text = '';
  const input = world.mailbox<string>();
  if (options.stdin !== undefined) input.put(options.stdin);
  input.close();
  const process = world.spawn('laptop', { program: options.program ?? 'sh', args: ['-c', script], privileged: options.privileged ?? true, env: { HOME: '/root', PWD: '/root' }, input, onOutput: (stream, part) => (text += stream === 'stdout' ? part : `!${part}`) });
  world.run(world.nowMs + 3_600_000, () => process.exit !== undefined);
  return { text, code: process.exit?.code };
}

describe.each([true, false])('sh (may spawn: %s)', (privileged) => {
  it.each([
    ['echo hi', 'hi\n'],
    ['x=1; y="$x 2"; echo $y "${y}" \'$y\'', '1 2 1 2 $y\n'],
    ['echo ${x:-none} ${#HOME} ${HOME##*/} ${HOME%/*}', 'none 5 root\n'],
    ['for i in 1 2 3; do echo $i; done | tail -n 1', '3\n'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
    ['if false; then echo a; elif true; then echo b; else echo c; fi', 'b\n'],
    ['case abc in a*) echo yes;; *) echo no;; esac', 'yes\n'],
    ['echo a > /tmp/f; echo b >> /tmp/f; cat < /tmp/f | wc -l', '2\n'],
    ['cat <<EOF\nx $HOME\nEOF', 'x /root\n'],
    ["cat <<'EOF'\n$HOME\nEOF", '$HOME\n'],
    ['echo $(echo a; echo b)', 'a b\n'],
    ['f() { echo "f $1"; return 3; }; f x; echo $?', 'f x\n3\n'],
    ['false || echo or; true && echo and; ! true; echo $?', 'or\nand\n1\n'],
    ['(cd /tmp; pwd); pwd', '/tmp\n/root\n'],
    ['printf "%s-%03d\\n" a 7; seq 3 | sort -r | head -1', 'a-007\n3\n'],
    ['echo "a b" | sed "s/a/x/" | tr b y | grep -c x', '1\n'],
    ['sleep 1 & wait; echo done', 'done\n'],
    ['nope; echo $?', '!sh: nope: not found\n127\n'],
    ['ls /nothing 2>/dev/null || echo gone', 'gone\n'],
    ['mkdir -p /tmp/d/e; touch /tmp/d/f; ls /tmp/d; echo /tmp/d/*', 'e  f\n/tmp/d/e /tmp/d/f\n'],
    ['set -- a b; echo $# $2 "$@"', '2 b a b\n'],
    ['echo {1..3} {a,b}c', '1 2 3 ac bc\n'],
    ['echo {1..9999999999}; echo {1..9999}{1..9999}; echo $?', '!sh: brace expansion: failed to allocate memory for 9999999999 elements\n!sh: brace expansion: failed to allocate memory for 59994 elements\n1\n'],
    ['x=$(false); echo $?', '1\n'],
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['awk_in="a 1"; echo "$awk_in" | awk \'{print $2}\'', '1\n'],
    ['seq 3 | xargs echo n', 'n 1 2 3\n'],
  ])('%s', (script, text) => {
    expect(run(script, { privileged })).toEqual({ text, code: 0 });
  });

  it.each([
    ['exit 3', 3],
    ['set -e; false; echo no', 1],
    ['(exit 4)', 4],
    ['sh -c "exit 5"', 5],
    ['echo "', 2],
  ])('%s ends with %i', (script, code) => {
    expect(run(script, { privileged }).code).toBe(code);
  });

  it('reads lines of its input', () => {
    expect(run('while read a b; do echo "$b-$a"; done', { privileged, stdin: '1 2\n3 4 5\n' }).text).toBe('2-1\n4 5-3\n');
  });
});

describe('shell-session', () => {
  function session(): { type(text: string): void; text(): string; done: { exitCode: number; prompt: string }[]; more: number[]; complete(line: string): string[] } {
    const world = createWorld({ seed: 1, programs: shellPrograms });
    world.addMachine({ name: 'laptop', address: '192.168.1.5' }).powerOn();
    const input = world.mailbox<string>();
    let text = '';
    const done: { exitCode: number; prompt: string }[] = [];
    const more: number[] = [];
    world.onTrace(({ data }) => {
      if (data.type === 'shell.done') done.push(data as never);
      if (data.type === 'shell.more') more.push(1);
    });
    world.spawn('laptop', { program: 'shell-session', name: 'shell', privileged: true, input, env: { HOME: '/root' }, onOutput: (_, part) => (text += part) });
    return {
      done,
      more,
      type(typed) {
        input.put(typed);
        world.run(world.nowMs + 5000);
      },
      text: () => text,
      complete: (line) => (world.view('laptop', 'shell', 'complete') as (line: string, cursor: number) => { options: { text: string }[] })(line, line.length).options.map((each) => each.text),
    };
  }

  it('keeps folder and variables from line to line, and says its prompt', () => {
    const shell = session();
    shell.type('cd /tmp; x=5\n');
    shell.type('pwd; echo $x; false\n');
    expect(shell.text()).toBe('/tmp\n5\n');
    expect(shell.done).toMatchObject([{ exitCode: 0, prompt: 'root@laptop:/tmp# ' }, { exitCode: 1 }]);
  });
  it('asks for the rest of what is not complete', () => {
    const shell = session();
    shell.type('for i in 1 2\n');
    shell.type('do echo $i; done\n');
    expect([shell.text(), shell.more.length, shell.done.length]).toEqual(['1\n2\n', 1, 1]);
  });
  it('feeds the running command until ^D, and ^C ends it', () => {
    const shell = session();
    shell.type('cat\n');
    shell.type('typed\n');
    expect(shell.text()).toBe('typed\n');
    shell.type('\u0004');
    expect(shell.done).toMatchObject([{ exitCode: 0 }]);
    shell.type('sleep 1000\n');
    shell.type('\u0003');
    expect(shell.done).toMatchObject([{ exitCode: 0 }, { exitCode: 130 }]);
    shell.type('echo on\n');
    expect(shell.text()).toBe('typed\n^C\non\n');
  });
  it('completes commands and files', () => {
    const shell = session();
    shell.type('mkdir -p /tmp/abc\n');
    expect(shell.complete('ls /tmp/a')).toEqual(['/tmp/abc/']);
    expect(shell.complete('nslo')).toEqual(['nslookup']);
  });
});

import { expect, it } from 'vitest';
import type { ContainerStatus } from '../../wire/cri.ts';
import { noRuntime } from './pod-runtime.ts';
import { TerminationMessages } from './termination-messages.ts';
import { terminationLog } from './volumes.ts';

const dead = (exitCode: number, message = ''): ContainerStatus => ({
  id: 'c1', podSandboxId: 's1', metadata: { name: 'web', attempt: 0 }, state: 'CONTAINER_EXITED', createdAtMs: 0, startedAtMs: 0, finishedAtMs: 0, exitCode, reason: 'Error', message,
  image: '', imageRef: '', logPath: '/log', labels: {}, pid: 0,
});
const fallback = { name: 'web', terminationMessagePolicy: 'FallbackToLogsOnError' };
const log = [...Array(90).keys()].map((n) => ({ timeMs: 0, stream: 'stdout', text: `line ${n}` }));
const tail = log.slice(-80).map(({ text }) => `${text}\n`).join('');

it.each([
  ['the file', 'out of memory', { name: 'web' }, dead(1), 'out of memory'],
  ['the file rather than the log', 'out of memory', fallback, dead(1), 'out of memory'],
  ['the last 80 lines of the log', undefined, fallback, dead(1), tail],
  ['nothing after a success', undefined, fallback, dead(0), ''],
  ['nothing where the log is not asked for', undefined, { name: 'web' }, dead(1), ''],
  ['what the runtime says first', 'out of memory', { name: 'web' }, dead(128, 'runc create failed'), 'runc create failed'],
])('a dead container leaves %s', (_name, file, container, status, expected) => {
  const files = new Map(file === undefined ? [] : [[terminationLog('uid', 'web'), file]]);
  const messages = new TerminationMessages({ readText: (path) => files.get(path), readLog: () => log, remove: (path) => void files.delete(path) }, 'uid');
  messages.collect(status, container);
  const shown = () => messages.addTo({ ...noRuntime, containers: [status] }).containers[0]?.message;
  expect(shown()).toBe(expected);
  expect(files.size).toBe(0);
  messages.forget('c1');
  expect(shown()).toBe(status.message);
});

// The streams of the runtime: exec, attach, port-forward, container events.
import type { Task } from '../../kernel/task.ts';
import type { ContainerEvent } from '../../wire/cri.ts';
import type { HttpResponse } from '../../wire/http.ts';
import type { HttpStream } from '../../wire/http-client.ts';
import type { StreamReply } from '../../wire/http-server.ts';
import { notFound } from './command.ts';
import type { ContainerdEvent } from './events.ts';
import { RpcFailure } from './rpc-failure.ts';
import type { Runtime } from './runtime.ts';
import { terminalEnv } from './surroundings.ts';

const accepted: HttpResponse = { status: 200, headers: {} };

const interruptKey = '\u0003';
const shells = new Set(['sh', 'bash', 'ash', 'busybox']);

/** A program run inside a container's surroundings. */
function spawnInside(runtime: Runtime, containerId: string, cmd: readonly string[], onOutput: (stream: 'stdout' | 'stderr', text: string) => void, withInput: boolean, tty = false) {
  const { record, pod, options } = runtime.containers.surroundingsOf(containerId);
  const [first = '', ...args] = cmd;
  const program = first.slice(first.lastIndexOf('/') + 1);
  if (!runtime.host.os.hasProgram(program)) {
    throw new RpcFailure('Unknown', `failed to exec in container: failed to start exec "${runtime.host.random.hex(64)}": OCI runtime exec failed: exec failed: unable to start container process: ${notFound(first)}: unknown`);
  }
  runtime.host.trace.emit<ContainerdEvent>({ type: 'containerd.exec', id: containerId, command: cmd });
  const input = withInput ? runtime.host.tasks.mailbox<string>() : undefined;
  const handle = runtime.host.os.spawn({ program, args, argv0: first, name: `${program}/${record.config.metadata.name}/${pod}`, ...options, ...(tty ? { env: { ...options.env, ...terminalEnv } } : {}), ...(input === undefined ? {} : { input }), onOutput });
  return { handle, input };
}

export function* execSync(runtime: Runtime, containerId: string, cmd: readonly string[], timeoutSeconds: number): Task<{ stdout: string; stderr: string; exitCode: number }> {
  const output = { stdout: '', stderr: '' };
  const { handle } = spawnInside(runtime, containerId, cmd, (stream, text) => (output[stream] += text), false);
  const status = timeoutSeconds > 0 ? yield* runtime.host.tasks.timeout(timeoutSeconds * 1000, handle.wait()) : yield* handle.wait();
  if (status === undefined) {
    handle.signal('SIGKILL');
    throw new RpcFailure('DeadlineExceeded', `failed to exec in container: timeout ${timeoutSeconds}s exceeded: context deadline exceeded`);
  }
  if (status.error !== undefined) output.stderr += `${status.error}\n`;
  return { ...output, exitCode: status.code };
}

export function exec(runtime: Runtime, request: { readonly containerId: string; readonly cmd: readonly string[]; readonly stdin: boolean; readonly tty: boolean }): StreamReply {
  // Refused before the stream opens, as a response.
  const pending: [stream: 'stdout' | 'stderr', text: string][] = [];
  let out: HttpStream | undefined;
  const write = (stream: 'stdout' | 'stderr', text: string): void => {
    if (out === undefined) pending.push([stream, text]);
    else out.send({ [request.tty ? 'stdout' : stream]: text }, text.slice(0, 40));
  };
  const { handle, input } = spawnInside(runtime, request.containerId, request.cmd, write, request.stdin, request.tty && request.stdin);
  const isShell = shells.has((request.cmd[0] ?? '').replace(/^.*\//, ''));
  return {
    response: accepted,
    *run(stream): Task<void> {
      out = stream;
      for (const [name, text] of pending) write(name, text);
      const pump = runtime.host.tasks.spawn(
        'exec input',
        (function* (): Task<void> {
          for (;;) {
            const frame = (yield* stream.receive()) as { stdin?: string; eof?: boolean } | undefined;
            // ^C at a terminal; a shell passes it on itself.
            if (frame?.stdin === interruptKey && request.tty && !isShell) handle.signal('SIGTERM');
            else if (frame?.stdin !== undefined) input?.put(frame.stdin);
            if (frame?.eof === true || frame === undefined) input?.close();
            if (frame !== undefined) continue;
            if (!stream.open && handle.exit === undefined) handle.signal('SIGKILL');
            break;
          }
        })(),
      );
      try {
        const status = yield* handle.wait();
        if (status.error !== undefined) write('stderr', `${status.error}\n`);
        stream.send({ exitCode: status.code });
        stream.close();
      } finally {
        pump.cancel();
        // The client went away: what it ran goes too.
        if (handle.exit === undefined) handle.signal('SIGKILL');
      }
    },
  };
}

export function attach(runtime: Runtime, containerId: string): StreamReply {
  if (runtime.store.containers.get(containerId)?.state !== 'CONTAINER_RUNNING') throw new RpcFailure('Unknown', `container ${containerId} is not running`);
  return {
    response: accepted,
    *run(stream): Task<void> {
      const detach = runtime.containers.attachOutput(containerId, (name, text) => stream.send({ [name]: text }, text.slice(0, 40)));
      const input = runtime.containers.inputOf(containerId);
      const once = runtime.store.containers.get(containerId)?.config.stdinOnce === true;
      try {
        yield* runtime.host.tasks.race(
          (function* (): Task<void> {
            const exitCode = yield* runtime.containers.waitForExit(containerId);
            stream.send({ exitCode });
            stream.close();
          })(),
          (function* (): Task<void> {
            for (;;) {
              const frame = (yield* stream.receive()) as { stdin?: string; eof?: boolean } | undefined;
              if (frame === undefined) return;
              if (frame.stdin !== undefined) input?.put(frame.stdin);
              if (frame.eof === true && once) input?.close();
            }
          })(),
        );
      } finally {
        detach();
      }
    },
  };
}

/** Joins the stream with a port of the sandbox, message by message. */
export function portForward(runtime: Runtime, sandboxId: string, port: number): StreamReply {
  const sandbox = runtime.store.sandboxes.get(sandboxId);
  if (sandbox === undefined || sandbox.state !== 'SANDBOX_READY') throw new RpcFailure('NotFound', `sandbox ${sandboxId} is not running`);
  return {
    response: accepted,
    *run(stream): Task<void> {
      const { host } = runtime;
      let connection;
      try {
        connection = yield* host.network.dial(`${sandbox.ip === '' ? '127.0.0.1' : sandbox.ip}:${port}`, { family: 'data' });
      } catch (error) {
        if ((error as { code?: string }).code === undefined) throw error;
        stream.send({ error: `failed to execute portforward in network namespace "${sandbox.namespace}": failed to connect to localhost:${port} inside namespace "${sandboxId}", IPv4: ${(error as Error).message}` });
        stream.close();
        return;
      }
      const open = connection;
      yield* host.tasks.race(
        (function* (): Task<void> {
          for (;;) {
            const message = yield* open.receive();
            if (message === undefined) return;
            stream.send(message);
          }
        })(),
        (function* (): Task<void> {
          for (;;) {
            const message = yield* stream.receive();
            if (message === undefined) return;
            open.send(message);
          }
        })(),
      );
      open.close();
      stream.close();
    },
  };
}

export function containerEvents(runtime: Runtime): StreamReply {
  return {
    response: accepted,
    *run(stream): Task<void> {
      const box = runtime.host.tasks.mailbox<ContainerEvent>();
      runtime.store.subscribers.add(box);
      try {
        for (;;) {
          const event = yield* box.take();
          if (event === undefined || !stream.open) return;
          stream.send(event, `${event.type} ${event.containerId.slice(0, 12)}`);
        }
      } finally {
        runtime.store.subscribers.delete(box);
      }
    },
  };
}

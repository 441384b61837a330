// kubectl exec | attach | port-forward: streams into a pod.
import type { ApiStream } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Connection } from '../../../kernel/host.ts';
import { containerFlag, fileFlags, podTimeoutFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError, SilentExit, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { podMapping } from './act.ts';
import { chooseContainer, findPod } from './pods.ts';

const streamFlags = [containerFlag, podTimeoutFlag, flag.bool('quiet', 'Only print output from the remote session', { short: 'q' }), flag.bool('stdin', 'Pass stdin to the container', { short: 'i' }), flag.bool('tty', 'Stdin is a TTY', { short: 't' })];

export const execCommand: Command = {
  name: 'exec',
  use: 'exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]',
  short: 'Execute a command in a container',
  examples: '  # Run a command\n  kubectl exec web -- date\n\n  # A shell\n  kubectl exec -it web -- sh',
  flags: [...streamFlags, ...fileFlags],
  *run(k, flags) {
    const dash = flags.argsBeforeDash;
    const target = dash === 0 ? undefined : flags.args[0];
    if (target === undefined && flags.list('filename').length === 0) throw new CommandError('pod, type/name or --filename must be specified');
    const command = dash < 0 ? flags.args.slice(1) : flags.args.slice(dash);
    if (command.length === 0) throw new CommandError('you must specify at least one command for the container');
    if (dash < 0) throw new CommandError("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples");
    const pod: Any = yield* findPod(k, target as string);
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
    const container = chooseContainer(k, pod, flags.string('container'), flags.bool('quiet'));
    const tty = terminalOf(k, flags.bool('stdin'), flags.bool('tty'));
    const query = { command, container, stdin: flags.bool('stdin') ? 'true' : undefined, stdout: 'true', stderr: tty ? undefined : 'true', tty: tty ? 'true' : undefined };
    const stream = yield* k.stream('POST', k.path(podMapping, pod.metadata.namespace, pod.metadata.name, 'exec'), query);
    const code = yield* converse(k, stream, flags.bool('stdin'), tty);
    if (code !== 0) {
      k.err(`command terminated with exit code ${code}`);
      throw new SilentExit(code);
    }
  },
};

export const attachCommand: Command = {
  name: 'attach',
  use: 'attach (POD | TYPE/NAME) -c CONTAINER [options]',
  short: 'Attach to a running container',
  flags: streamFlags,
  *run(k, flags) {
    if (flags.args.length === 0) throw new CommandError('at least 1 argument is required for attach');
    if (flags.args.length > 2) throw new CommandError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${flags.args.length}: [${flags.args.join(' ')}]`);
    const pod: Any = yield* findPod(k, flags.args.length === 2 ? flags.args.join('/') : (flags.args[0] as string));
    yield* attachTo(k, pod, chooseContainer(k, pod, flags.string('container'), flags.bool('quiet')), flags.bool('stdin'), flags.bool('tty'));
  },
};

export function* attachTo(k: Kubectl, pod: Any, container: string, stdin: boolean, wantsTty: boolean): Task<void> {
  const tty = terminalOf(k, stdin, wantsTty);
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') throw new CommandError(`cannot attach a container in a completed pod; current phase is ${pod.status.phase}`);
  if (stdin) k.err("If you don't see a command prompt, try pressing enter.");
  const stream = yield* k.stream('POST', k.path(podMapping, pod.metadata.namespace, pod.metadata.name, 'attach'), { container, stdin: stdin ? 'true' : undefined, stdout: 'true', stderr: tty ? undefined : 'true', tty: tty ? 'true' : undefined });
  yield* converse(k, stream, stdin, tty);
}

/** Whether there is a terminal to speak of: a pipe is none. */
function terminalOf(k: Kubectl, stdin: boolean, tty: boolean): boolean {
  if (!tty || !stdin || k.outside.terminal?.isInput !== false) return tty;
  if (!k.flags.bool('quiet')) k.err('Unable to use a TTY - input is not a terminal or the right kind of file');
  return false;
}

/** Standard input goes out, output comes back, until the other side says how it ended. */
function* converse(k: Kubectl, stream: ApiStream, withInput: boolean, tty: boolean): Task<number> {
  const restore = tty ? k.outside.terminal?.raw((width, height) => stream.send({ resize: { width, height } })) : undefined;
  const feeder = withInput ? k.host.tasks.spawn('stdin', feed(k, stream)) : undefined;
  try {
    for (;;) {
      const frame = (yield* stream.receive()) as Any;
      if (frame === undefined) {
        if (!stream.open) return 0;
        continue;
      }
      if (typeof frame === 'string') k.out(frame);
      if (frame.stdout !== undefined) k.host.output.write(frame.stdout);
      if (frame.stderr !== undefined) k.host.output.error(frame.stderr);
      if (frame.error !== undefined) {
        const text = String(frame.error.message ?? frame.error);
        throw new CommandError(text.startsWith('Internal error occurred') ? text : `Internal error occurred: ${text}`);
      }
      if (frame.exitCode !== undefined) return Number(frame.exitCode);
    }
  } finally {
    restore?.();
    feeder?.cancel();
    stream.close();
  }
}

function* feed(k: Kubectl, stream: ApiStream): Task<void> {
  for (;;) {
    const chunk = yield* k.host.input.read();
    if (chunk === undefined) {
      stream.send({ eof: true });
      return;
    }
    stream.send({ stdin: chunk });
  }
}

export const portForwardCommand: Command = {
  name: 'port-forward',
  use: 'port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  short: 'Forward one or more local ports to a pod',
  examples: '  # localhost:8080 to port 80 of a pod\n  kubectl port-forward pod/web 8080:80',
  flags: [flag.strings('address', 'Addresses to listen on (comma separated).', { value: 'localhost' }), podTimeoutFlag],
  *run(k, flags) {
    if (flags.args.length < 2) throw usageError('kubectl port-forward', 'TYPE/NAME and list of ports are required for port-forward');
    const target = flags.args[0] as string;
    const pod: Any = yield* findPod(k, target);
    if (pod.status?.phase !== 'Running') throw new CommandError(`unable to forward port because pod is not running. Current status=${pod.status?.phase ?? ''}`);
    const service: Any = target.includes('/') && /^(svc|service|services)\//.test(target) ? yield* k.call('GET', `/api/v1/namespaces/${k.namespace}/services/${target.split('/')[1]}`) : undefined;
    for (const text of flags.args.slice(1)) {
      const [left = '', right] = text.split(':');
      const remoteText = right ?? left;
      let remote = Number(remoteText);
      const servicePort = service?.spec.ports.find((each: Any) => each.port === remote || each.name === remoteText);
      if (servicePort !== undefined) {
        const wanted = servicePort.targetPort ?? servicePort.port;
        remote = typeof wanted === 'number' ? wanted : ((pod.spec.containers as Any[]).flatMap((each) => each.ports ?? []).find((each) => each.name === wanted)?.containerPort ?? servicePort.port);
      }
      if (!(remote > 0)) throw new CommandError(`Pod '${pod.metadata.name}' does not have a named port '${remoteText}'`);
      const local = right === undefined ? (Number(left) || remote) : left === '' ? 0 : Number(left);
      const listener = listen(k, local === 0 ? 30000 + k.host.random.below(2000) : local);
      k.line(`Forwarding from 127.0.0.1:${listener.port} -> ${remote}`);
      k.host.tasks.spawn(`forward-${remote}`, acceptAll(k, pod, listener, remote));
    }
    // Until the process is interrupted.
    yield* k.host.tasks.latch().wait();
  },
};

function listen(k: Kubectl, port: number): ReturnType<Kubectl['host']['network']['listen']> {
  try {
    return k.host.network.listen(`127.0.0.1:${port}`, { family: 'data' });
  } catch {
    k.err(`Unable to listen on port ${port}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 127.0.0.1:${port}: bind: address already in use]`);
    throw new CommandError(`unable to listen on any of the requested ports: [{${port} ${port}}]`);
  }
}

function* acceptAll(k: Kubectl, pod: Any, listener: ReturnType<Kubectl['host']['network']['listen']>, remote: number): Task<void> {
  for (;;) {
    const connection = yield* listener.accept();
    if (connection === undefined) return;
    k.line(`Handling connection for ${listener.port}`);
    k.host.tasks.spawn('forwarded', forward(k, pod, connection, remote));
  }
}

function* forward(k: Kubectl, pod: Any, connection: Connection, remote: number): Task<void> {
  let stream: ApiStream;
  try {
    stream = yield* k.stream('POST', k.path(podMapping, pod.metadata.namespace, pod.metadata.name, 'portforward'), { ports: String(remote) });
  } catch (error) {
    k.err(`E portforward.go: "Unhandled Error" err="an error occurred forwarding ${remote} -> ${remote}: ${error instanceof Error ? error.message : String(error)}"`);
    connection.close();
    return;
  }
  const back = k.host.tasks.spawn('back', pump(stream, connection));
  for (;;) {
    const message = yield* connection.receive();
    if (message === undefined) break;
    stream.send(message);
  }
  stream.close();
  back.cancel();
}

function* pump(stream: ApiStream, connection: Connection): Task<void> {
  for (;;) {
    const message = yield* stream.receive();
    if (message === undefined) {
      if (stream.open) continue;
      connection.close();
      return;
    }
    connection.send(message);
  }
}

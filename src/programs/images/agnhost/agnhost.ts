// The test image of Kubernetes itself (test/images/agnhost): one binary whose first argument says what it is, as far as the conformance suite
// needs it. Flags, answers and output are those of its namesake.
import type { Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import { parseResolvConf, resolve } from '../../../wire/dns-resolver.ts';
import { genericServer } from '../generic-server.ts';
import { serveConversionWebhook } from './crd-conversion-webhook.ts';
import { Flags, parseGoDuration } from './flags.ts';
import { serveGuestbook } from './guestbook.ts';
import { checkIssuer } from './issuer-discovery.ts';
import { runMounttest } from './mounttest.ts';
import { serveNetexec } from './netexec.ts';
import { isRefusal } from './serve.ts';
import { serveFiles, serveGrpcHealth, serveHostname, serveLiveness, serveNettest, servePorter } from './servers.ts';
import { serveWebhook } from './webhook.ts';

type Command = (host: Host, flags: Flags, args: readonly string[]) => Task<number>;

const commands: Readonly<Record<string, Command>> = {
  connect: (host, flags) => connect(host, flags),
  'crd-conversion-webhook': serveConversionWebhook,
  'dns-server-list': (host) => print(host, parseResolvConf(host.disk.readText('/etc/resolv.conf') ?? '').servers.join(',')),
  'dns-suffix': (host) => print(host, parseResolvConf(host.disk.readText('/etc/resolv.conf') ?? '').searches.join(',')),
  'etc-hosts': (host) => print(host, host.disk.readText('/etc/hosts') ?? ''),
  'grpc-health-checking': serveGrpcHealth,
  guestbook: serveGuestbook,
  liveness: (host) => serveLiveness(host),
  'logs-generator': generateLogs,
  mounttest: runMounttest,
  netexec: serveNetexec,
  nettest: serveNettest,
  nonewprivs: (host) => print(host, `Effective uid: ${host.user.noNewPrivileges === true ? host.user.uid : 0}\n`),
  pause: (host) => pause(host),
  porter: servePorter,
  'serve-hostname': serveHostname,
  'test-service-account-issuer-discovery': checkIssuer,
  'test-webserver': serveFiles,
  webhook: serveWebhook,
};

const switches = ['http', 'tcp', 'udp', 'close', 'json-response', 'break_on_expected_content'];

function agnhostNamed(name: string): Program {
  return {
    name,
    main(host, args) {
      const [command = '', ...rest] = args;
      if (command === 'entrypoint-tester') return print(host, `[${[host.argv0 === name ? `/${name}` : host.argv0, ...args].join(' ')}]\n`);
      const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
      return run === undefined ? genericServer.main(host, args) : run(host, new Flags(rest, switches), rest);
    },
  };
}

export const agnhost = agnhostNamed('agnhost');
/** The same binary under another name, to tell a command from the image's own. */
export const agnhost2 = agnhostNamed('agnhost-2');

function* print(host: Host, text: string): Task<number> {
  host.output.write(text);
  return 0;
}

function* pause(host: Host): Task<number> {
  const terminate = host.signals.catchTerminate();
  host.output.write('Paused\n');
  yield* terminate.wait();
  return 0;
}

function* connect(host: Host, flags: Flags): Task<number> {
  const target = flags.operands[0] ?? '';
  const colon = target.lastIndexOf(':');
  try {
    const address = (yield* resolve(host, target.slice(0, colon)))[0] ?? '';
    const connection = yield* host.network.dial(`${address}${target.slice(colon)}`, { family: 'data', timeoutMs: parseGoDuration(flags.text('timeout', '')) ?? 30_000 });
    connection.close();
    return 0;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const code = error instanceof NetworkError ? error.code : 'DNS';
    host.output.error(`${code === 'ECONNREFUSED' ? 'REFUSED' : code === 'ETIMEDOUT' ? 'TIMEOUT' : code === 'DNS' ? 'DNS' : 'OTHER'}: ${error.message}\n`);
    return 1;
  }
}

/** Lines as klog and an API server would write them, evenly over the given time. */
function* generateLogs(host: Host, flags: Flags): Task<number> {
  const total = flags.number('log-lines-total', flags.number('t', 0));
  const durationMs = parseGoDuration(flags.text('run-duration', flags.text('d', ''))) ?? 0;
  if (total <= 0 || durationMs <= 0) {
    host.output.error(total <= 0 ? `Invalid total number of lines: ${total}\n` : `Invalid duration: ${durationMs}\n`);
    return 255;
  }
  const { random } = host;
  for (let id = 0; id < total; id++) {
    const method = ['GET', 'POST', 'PUT'][random.below(3)] as string;
    const namespace = ['kube-system', 'default', 'ns'][random.below(3)] as string;
    const pod = random.letters(3 + random.below(2), 'bcdfghjklmnpqrstvwxz2456789');
    host.output.error(`I logs_generator.go:76] ${id} ${method} /api/v1/namespaces/${namespace}/pods/${pod} ${200 + random.below(400)}\n`);
    yield* host.clock.sleep(durationMs / total);
  }
  return 0;
}

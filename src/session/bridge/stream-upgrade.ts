// Connections that become something else: WebSockets and SPDY/3.1 for exec, attach and port-forward. Clients of v1.36 use WebSockets (port-forward
// with SPDY inside); older ones, and those that were refused, SPDY.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { OutsideRequestHead } from '../protocol.ts';
import { ForwardedPort } from './forwarded-port.ts';
import type { Admit } from './access-rules.ts';
import { statusText } from './refusal.ts';
import type { PortTls } from './port-tls.ts';
import type { OpenRequest, OutsideRequests } from './outside-requests.ts';
import { FramedSocket } from './framed-socket.ts';
import { isOn, isTrue, RemoteCommand, type Channels } from './remote-command.ts';
import { headOf } from './request-head.ts';
import { SpdySession, type SpdyStream } from './spdy.ts';

/** The last is the first version, which has no word for success: who speaks it is told of failures only. */
const commandProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'];
const logProtocols = ['binary.k8s.io', ''];
const portProtocols = ['v4.channel.k8s.io'];
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
const spdyPortProtocol = 'portforward.k8s.io';
const stdinChannel = 0;
const stdoutChannel = 1;
const stderrChannel = 2;
const errorChannel = 3;
const resizeChannel = 4;
/** v5: "this channel will not be written to any more". */
const closeChannel = 255;
const commandPath = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/(exec|attach)$/;
const logPath = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/log$/;
const portPath = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/portforward$/;

/** `elsewhere` takes upgrades that are not for the cluster. */
export function attachStreams(server: Server, requests: OutsideRequests, { admit, portTls }: { readonly admit: Admit; readonly portTls: PortTls }, elsewhere: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => boolean): void {
  const door = new StreamDoor(requests, portTls);
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, early: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (elsewhere(incoming, socket, early)) return;
    const head = admit(incoming, headOf(incoming));
    if ('code' in head) return reject(socket, head.code, statusText(head.code, head.reason, head.message), 'application/json');
    door.take(new Upgrade(incoming, socket, early), head);
  });
}

/** A connection that asks to be upgraded, by WebSocket or by SPDY. */
class Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly early: Buffer;

  constructor(incoming: IncomingMessage, socket: Duplex, early: Buffer) {
    this.incoming = incoming;
    this.socket = socket;
    this.early = early;
  }
  get to(): string {
    return this.incoming.headers.upgrade?.toLowerCase() ?? '';
  }
  /** The first protocol of `known` that the client offers. */
  choose(known: readonly string[]): string | undefined {
    return known.find((each) => this.offered.includes(each));
  }
  get offered(): readonly string[] {
    const given = this.to === 'websocket' ? this.incoming.headers['sec-websocket-protocol'] : this.incoming.headers['x-stream-protocol-version'];
    const text = Array.isArray(given) ? given.join(',') : (given ?? '');
    return text.split(',').map((each) => each.trim());
  }
}

class StreamDoor {
  private readonly requests: OutsideRequests;
  private readonly portTls: PortTls;
  private readonly sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...commandProtocols, ...logProtocols].find((protocol) => offered.has(protocol)) ?? false });
  private readonly tunnels = new WebSocketServer({ noServer: true });

  constructor(requests: OutsideRequests, portTls: PortTls) {
    this.requests = requests;
    this.portTls = portTls;
    // The tunnel's name holds a `/`, which a strict reader of RFC 6455 (as `ws` is) takes for no protocol at all: it is answered by hand.
    this.tunnels.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${tunnelProtocol}`));
  }

  take(upgrade: Upgrade, head: OutsideRequestHead): void {
    const command = commandPath.test(head.path);
    if (logPath.test(head.path) && upgrade.to === 'websocket' && upgrade.choose(logProtocols) !== undefined) return this.logBySocket(upgrade, head);
    if (!command && !portPath.test(head.path)) return reject(upgrade.socket, 400, 'unable to upgrade: only exec, attach and portforward are streams', 'text/plain');
    if (upgrade.to === 'websocket') {
      // WebSockets begin with GET, whatever the verb of the subresource is.
      const protocol = upgrade.choose(command ? commandProtocols : [tunnelProtocol, ...portProtocols]);
      if (protocol === undefined) return reject(upgrade.socket, 400, `unable to upgrade: unknown protocols ${upgrade.offered.join(', ')}`, 'text/plain');
      if (command) this.commandBySocket(upgrade, head);
      else if (protocol === tunnelProtocol) this.portsByTunnel(upgrade, head);
      else this.portsBySocket(upgrade, head);
      return;
    }
    if (upgrade.to !== 'spdy/3.1') return reject(upgrade.socket, 400, `unable to upgrade: ${upgrade.to} is not spoken here`, 'text/plain');
    const protocol = upgrade.choose(command ? ['v4.channel.k8s.io'] : [spdyPortProtocol]);
    if (protocol === undefined) return reject(upgrade.socket, 403, `unable to upgrade: unable to negotiate protocol: client supports [${upgrade.offered.join(' ')}]`, 'text/plain');
    if (command) this.commandBySpdy(upgrade, head, protocol);
    else this.checkThen(upgrade.socket, head, (ticket) => this.carryPorts(this.spdyOver(upgrade, protocol, ticket), head));
  }

  // ---------------------------------------------------------------- WebSockets

  private acceptSocket({ incoming, socket, early }: Upgrade, server = this.sockets): WebSocket {
    let accepted: WebSocket | undefined;
    server.handleUpgrade(incoming, socket, early, (each) => (accepted = each));
    if (accepted === undefined) throw new Error('a WebSocket was not upgraded at once');
    accepted.on('error', () => undefined);
    return accepted;
  }

  private commandBySocket(upgrade: Upgrade, head: OutsideRequestHead): void {
    let out: FramedSocket | undefined;
    const send = (channel: number, data: Uint8Array): void => out?.send(Buffer.concat([Buffer.from([channel]), data]));
    const command = new RemoteCommand(this.requests, head, {
      accept: () => {
        const ws = this.acceptSocket(upgrade);
        ws.on('message', (data: Buffer) => take(data));
        ws.on('close', () => command.hangUp());
        out = new FramedSocket(ws);
        // So the client knows that it is connected, before anything is said.
        send(isOn(head.query, 'stdout') ? stdoutChannel : isOn(head.query, 'stderr') ? stderrChannel : errorChannel, new Uint8Array());
      },
      reject: (code, body, type) => reject(upgrade.socket, code, body, type),
      stdout: (data) => send(stdoutChannel, data),
      stderr: (data) => send(stderrChannel, data),
      finish: (status) => {
        const { status: outcome, message } = status as { readonly status?: string; readonly message?: string };
        if (out?.protocol !== 'channel.k8s.io') send(errorChannel, Buffer.from(JSON.stringify(status)));
        else if (outcome !== 'Success') send(errorChannel, Buffer.from(message ?? ''));
        out?.close(1000);
      },
    });
    upgrade.socket.on('close', () => command.hangUp());
    const take = (data: Buffer): void => {
      const channel = data[0];
      if (channel === stdinChannel) command.stdin(data.subarray(1));
      else if (channel === resizeChannel) command.resize(data.toString('utf8', 1));
      else if (channel === closeChannel && data[1] === stdinChannel) command.eof();
    };
  }

  /** binary.k8s.io: the log as it is, in messages of bytes. */
  private logBySocket(upgrade: Upgrade, head: OutsideRequestHead): void {
    let out: FramedSocket | undefined;
    const send = (data: unknown): void => out?.send(Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)));
    const request = this.requests.begin(head, {
      respond: ({ status, body, streaming }) => {
        if (status !== 200) return reject(upgrade.socket, status, typeof body === 'string' ? body : JSON.stringify(body ?? ''), 'application/json');
        const ws = this.acceptSocket(upgrade);
        ws.on('close', () => request.hangUp());
        out = new FramedSocket(ws);
        if (body !== undefined && body !== '') send(body);
        if (!streaming) out.close(1000);
      },
      data: send,
      end: () => out?.close(1000),
      fail: (message) => (out === undefined ? reject(upgrade.socket, 502, message, 'text/plain') : out.close(1011)),
    });
    upgrade.socket.on('close', () => request.hangUp());
  }

  /** v4.channel.k8s.io: two channels for each port, data and error; the first message on each says which port. */
  private portsBySocket(upgrade: Upgrade, head: OutsideRequestHead): void {
    const ports = head.query.filter(([name]) => name === 'ports').flatMap(([, value]) => value.split(',').map(Number));
    if (ports.length === 0 || ports.some((port) => !(Number.isInteger(port) && port > 0 && port < 65_536))) return reject(upgrade.socket, 400, 'query parameter "ports" is required: numbers from 1 to 65535', 'text/plain');
    this.checkThen(upgrade.socket, head, (ticket) => {
      const ws = this.acceptSocket(upgrade);
      const out = new FramedSocket(ws);
      const send = (channel: number, data: Uint8Array): void => out.send(Buffer.concat([Buffer.from([channel]), data]));
      let open = ports.length;
      const forwards = ports.map((port, at) => {
        const name = Buffer.alloc(2);
        name.writeUInt16LE(port);
        send(2 * at, name);
        send(2 * at + 1, name);
        return new ForwardedPort(this.requests, this.portTls, { ...head, method: 'POST', query: [['ports', String(port)]] }, {
          write: (data) => send(2 * at, data),
          error: (message) => send(2 * at + 1, Buffer.from(message)),
          close: () => {
            if (--open === 0) out.close(1000);
          },
        });
      });
      ws.on('message', (data: Buffer) => {
        const channel = data[0] ?? 1;
        if (channel % 2 === 0) forwards[channel / 2]?.receive(data.subarray(1));
      });
      ws.on('close', () => {
        ticket.hangUp();
        for (const forward of forwards) forward.close();
      });
    });
  }

  private portsByTunnel(upgrade: Upgrade, head: OutsideRequestHead): void {
    this.checkThen(upgrade.socket, head, (ticket) => {
      delete upgrade.incoming.headers['sec-websocket-protocol'];
      const ws = this.acceptSocket(upgrade, this.tunnels);
      this.carryPorts((onStream) => {
        const session = new SpdySession({ write: (data) => ws.send(data), close: () => ws.close(1000) }, onStream);
        ws.on('message', (data: Buffer) => session.receive(data));
        ws.on('close', () => {
          ticket.hangUp();
          session.close();
        });
      }, head);
    });
  }

  // ---------------------------------------------------------------- SPDY

  private spdyOver({ socket, early }: Upgrade, protocol: string, ticket?: OpenRequest) {
    return (onStream: (stream: SpdyStream) => void): SpdySession => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
      const session = new SpdySession({ write: (data) => void socket.write(data), close: () => void socket.end() }, onStream);
      socket.on('data', (data: Buffer) => session.receive(data));
      socket.on('close', () => {
        ticket?.hangUp();
        session.close();
      });
      if (early.length > 0) session.receive(early);
      return session;
    };
  }

  private commandBySpdy(upgrade: Upgrade, head: OutsideRequestHead, protocol: string): void {
    const streams = new Map<string, SpdyStream>();
    const wanted = new Set(['error', ...head.query.filter(([name, value]) => ['stdin', 'stdout', 'stderr'].includes(name) && isTrue(value)).map(([name]) => name)]);
    let session: SpdySession | undefined;
    let held: (() => void)[] | undefined = [];
    // What comes before the client has opened its streams waits for them.
    const when = (act: () => void): void => {
      if (held === undefined) act();
      else held.push(act);
    };
    const channels: Channels = {
      accept: () => {
        session = this.spdyOver(upgrade, protocol)((stream) => {
          const type = stream.headers.get('streamtype') ?? '';
          streams.set(type, stream);
          if (type === 'stdin') {
            stream.onData = (data) => command.stdin(data);
            stream.onFinish = () => command.eof();
          } else if (type === 'resize') stream.onData = (data) => command.resize(data.toString('utf8'));
          wanted.delete(type);
          if (wanted.size > 0 || held === undefined) return;
          const acts = held;
          held = undefined;
          for (const act of acts) act();
        });
      },
      reject: (code, body, type) => reject(upgrade.socket, code, body, type),
      stdout: (data) => when(() => streams.get('stdout')?.write(data)),
      stderr: (data) => when(() => streams.get('stderr')?.write(data)),
      finish: (status) =>
        when(() => {
          for (const type of ['stdout', 'stderr']) streams.get(type)?.finish();
          streams.get('error')?.write(Buffer.from(JSON.stringify(status)));
          streams.get('error')?.finish();
          session?.close();
        }),
    };
    const command = new RemoteCommand(this.requests, head, channels);
    upgrade.socket.on('close', () => command.hangUp());
  }

  /** Streams come in pairs, `error` and `data`, that share a `requestID`: one pair for each connection to a port. */
  private carryPorts(open: (onStream: (stream: SpdyStream) => void) => unknown, head: OutsideRequestHead): void {
    const errors = new Map<string, SpdyStream>();
    open((stream) => {
      const id = stream.headers.get('requestid') ?? '';
      if (stream.headers.get('streamtype') === 'error') {
        errors.set(id, stream);
        return;
      }
      const error = errors.get(id);
      errors.delete(id);
      const port = Number(stream.headers.get('port'));
      if (error === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) return stream.reset();
      const forward = new ForwardedPort(this.requests, this.portTls, { ...head, method: 'POST', query: [['ports', String(port)]] }, {
        write: (data) => stream.write(data),
        error: (message) => error.write(Buffer.from(message)),
        close: () => {
          error.finish();
          stream.finish();
        },
      });
      stream.onData = (data) => forward.receive(data);
      stream.onFinish = () => forward.finish();
      stream.onReset = () => forward.close();
    });
  }

  // ---------------------------------------------------------------- who may

  /** Asks the cluster before the connection is upgraded; the answer stays open as long as the connection does. */
  private checkThen(socket: Duplex, head: OutsideRequestHead, then: (ticket: OpenRequest) => void): void {
    let accepted = false;
    const ticket = this.requests.begin(
      { ...head, method: 'POST', query: [] },
      {
        respond: ({ status, body, streaming }) => {
          if (status >= 300 || !streaming) return reject(socket, status >= 300 ? status : 500, typeof body === 'string' ? body : JSON.stringify(body ?? {}), typeof body === 'string' ? 'text/plain' : 'application/json');
          accepted = true;
          then(ticket);
        },
        data: () => undefined,
        end: () => undefined,
        fail: (message) => {
          if (!accepted) reject(socket, 502, message, 'text/plain');
        },
      },
    );
    socket.on('close', () => ticket.hangUp());
  }
}

const phrases: Readonly<Record<number, string>> = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 500: 'Internal Server Error', 502: 'Bad Gateway' };

function reject(socket: Duplex, code: number, body: string, type: string): void {
  socket.end(`HTTP/1.1 ${code} ${phrases[code] ?? 'Refused'}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

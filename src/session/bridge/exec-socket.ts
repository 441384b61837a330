// exec, attach: WebSockets of the remote command protocol (v5.channel.k8s.io and before), one byte of channel number before each message.
import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { World } from '../../kernel/world.ts';
import type { OutsideRequest } from '../../programs/gateway/main.ts';
import { headOf } from './request-head.ts';

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const stdinChannel = 0;
const stdoutChannel = 1;
const stderrChannel = 2;
const errorChannel = 3;
const resizeChannel = 4;
/** v5: "this channel will not be written to any more". */
const closeChannel = 255;

interface ExecFrame {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly error?: string;
}

export function attachSockets(server: Server, world: World, put: (request: OutsideRequest) => void, wake: () => void, refuse: (incoming: IncomingMessage) => string | undefined): void {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const offered = (incoming.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    if (refuse(incoming) !== undefined) return reject(socket, 403, 'not served here');
    if (incoming.headers.upgrade?.toLowerCase() !== 'websocket') return refuseOther(incoming, socket);
    if (!offered.some((each) => protocols.includes(each))) return reject(socket, 400, `unable to upgrade: unknown protocols ${offered.join(', ')}`);
    open(incoming, socket, head);
  });

  /** kubectl asks again by SPDY when a WebSocket was refused: what it wants to hear is why. */
  function refuseOther(incoming: IncomingMessage, socket: Duplex): void {
    const upstream = world.mailbox<unknown>();
    socket.on('error', () => upstream.close());
    put({
      request: headOf(incoming),
      upstream,
      respond(response) {
        upstream.close();
        if (response.status >= 300) reject(socket, response.status, bodyOf(response.body), typeof response.body === 'string' ? 'text/plain' : 'application/json');
        else reject(socket, 400, 'unable to upgrade: only WebSockets are served here');
      },
      data: () => undefined,
      end: () => undefined,
      fail: (message) => reject(socket, 502, message),
    });
  }

  function open(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const request = headOf(incoming, 'GET');
    const upstream = world.mailbox<unknown>();
    let ws: WebSocket | undefined;
    const early: Buffer[] = [];
    const send = (channel: number, text: string): void => {
      const message = Buffer.concat([Buffer.from([channel]), Buffer.from(text, 'utf8')]);
      if (ws === undefined) early.push(message);
      else ws.send(message);
    };
    let ended = false;
    const finish = (status: object): void => {
      if (ended) return;
      ended = true;
      send(errorChannel, JSON.stringify(status));
      ws?.close(1000);
    };
    put({
      request,
      upstream,
      respond(response, streaming) {
        // What went wrong behind the API server is told over the open socket, as the real one does; its own refusals are plain answers.
        const failed = !streaming || response.status >= 300;
        if (failed && response.status < 500) return reject(socket, response.status, bodyOf(response.body), typeof response.body === 'string' ? 'text/plain' : 'application/json');
        if (failed) finish(typeof response.body === 'object' && response.body !== null ? response.body : failure(bodyOf(response.body)));
        sockets.handleUpgrade(incoming, socket, head, (accepted) => {
          ws = accepted;
          for (const message of early.splice(0)) accepted.send(message);
          if (ended) accepted.close(1000);
          accepted.on('message', (data: Buffer) => {
            take(data);
            wake();
          });
          accepted.on('close', () => {
            upstream.close();
            wake();
          });
        });
      },
      data(frame) {
        const { stdout, stderr, exitCode, error } = frame as ExecFrame;
        if (stdout !== undefined) send(stdoutChannel, stdout);
        if (stderr !== undefined) send(stderrChannel, stderr);
        if (error !== undefined) finish(failure(error));
        if (exitCode !== undefined) finish(exitCode === 0 ? { metadata: {}, status: 'Success' } : exited(exitCode));
      },
      end() {
        finish({ metadata: {}, status: 'Success' });
      },
      fail(message) {
        if (ws === undefined) reject(socket, 502, message);
        else finish(failure(message));
      },
    });
    socket.on('error', () => upstream.close());

    function take(data: Buffer): void {
      const channel = data[0];
      if (channel === stdinChannel) {
        if (data.length > 1) upstream.put({ stdin: data.subarray(1).toString('utf8') }, 0);
      } else if (channel === closeChannel && data[1] === stdinChannel) upstream.put({ eof: true }, 0);
      else if (channel === resizeChannel) return;
    }
  }
}

function bodyOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body ?? {});
}

function exited(code: number): object {
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function failure(message: string): object {
  return { metadata: {}, status: 'Failure', reason: 'InternalError', message, code: 500 };
}

function reject(socket: Duplex, code: number, body: string, type = 'text/plain'): void {
  socket.end(`HTTP/1.1 ${code} ${code === 403 ? 'Forbidden' : 'Bad Request'}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

// exec and attach: one remote command, whatever carries its channels (a WebSocket, or streams of SPDY).
import { ByteTextDecoder, bytesOfText } from '../../api/meta/byte-text.ts';
import type { OutsideAnswer, OutsideRequestHead } from '../protocol.ts';
import { forTerminal, LineDiscipline } from './line-discipline.ts';
import type { OpenRequest, OutsideRequests } from './outside-requests.ts';

export interface Channels {
  /** The connection is upgraded now. */
  accept(): void;
  /** The request is refused with a plain answer. */
  reject(code: number, body: string, type: string): void;
  stdout(data: Uint8Array): void;
  stderr(data: Uint8Array): void;
  /** How it ended, as a Status; nothing follows. */
  finish(status: object): void;
}

/** As the API server reads a flag: whatever is not false is true (Python's client says True). */
export const isTrue = (value: string): boolean => value !== '0' && value.toLowerCase() !== 'false';
export const isOn = (query: OutsideRequestHead['query'], flag: string): boolean => query.some(([name, value]) => name === flag && isTrue(value));

interface ExecFrame {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly error?: string;
}

export class RemoteCommand {
  private readonly channels: Channels;
  private readonly request: OpenRequest;
  private readonly decoder = new ByteTextDecoder();
  private readonly terminal: LineDiscipline | undefined;
  private readonly attached: boolean;
  private accepted = false;
  private ended = false;

  constructor(requests: OutsideRequests, head: OutsideRequestHead, channels: Channels) {
    this.channels = channels;
    this.attached = head.path.endsWith('/attach');
    const tty = isOn(head.query, 'tty');
    if (tty) this.terminal = new LineDiscipline({ input: (text) => this.request.send({ stdin: text }), endOfInput: () => this.eof(), echo: (text) => this.out('stdout', text) });
    this.request = requests.begin(head, {
      respond: (answer) => this.respond(answer),
      data: (frame) => this.take(frame as ExecFrame),
      end: () => this.finish({ metadata: {}, status: 'Success' }),
      fail: (message) => {
        if (this.accepted) this.finish(failure(message));
        else channels.reject(502, message, 'text/plain');
      },
    });
  }

  stdin(data: Uint8Array): void {
    const text = this.decoder.decode(data);
    if (text === '') return;
    if (this.terminal === undefined) this.request.send({ stdin: text });
    else this.terminal.type(text);
  }

  eof(): void {
    const rest = this.decoder.decode(new Uint8Array(), true);
    if (rest !== '') this.request.send({ stdin: rest });
    this.request.send({ eof: true });
  }

  /** `{"Width":80,"Height":24}`, as clients send it. */
  resize(text: string): void {
    try {
      const { Width, Height } = JSON.parse(text) as { readonly Width?: unknown; readonly Height?: unknown };
      if (typeof Width === 'number' && typeof Height === 'number') this.request.send({ resize: { width: Width, height: Height } });
    } catch {
      // Not a size: nothing to do.
    }
  }

  hangUp(): void {
    this.ended = true;
    this.request.hangUp();
  }

  private respond(answer: OutsideAnswer & { readonly answer: 'respond' }): void {
    // What went wrong behind the API server is told over the open connection, as the real one does; its own refusals are plain answers.
    const failed = !answer.streaming || answer.status >= 300;
    const { body } = answer;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    if (failed && answer.status < 500) return this.channels.reject(answer.status, text, typeof body === 'string' ? 'text/plain' : 'application/json');
    this.accepted = true;
    this.channels.accept();
    if (failed) this.finish(typeof body === 'object' && body !== null ? body : failure(text));
  }

  private take({ stdout, stderr, exitCode, error }: ExecFrame): void {
    if (stdout !== undefined) this.out('stdout', this.terminal === undefined ? stdout : forTerminal(stdout));
    if (stderr !== undefined) this.out('stderr', stderr);
    if (error !== undefined) this.finish(failure(error));
    // Who attached has not started the command, and is not told how it ended.
    if (exitCode !== undefined) this.finish(exitCode === 0 || this.attached ? { metadata: {}, status: 'Success' } : exited(exitCode));
  }

  private out(stream: 'stdout' | 'stderr', text: string): void {
    if (!this.ended && this.accepted) this.channels[stream](bytesOfText(text));
  }

  private finish(status: object): void {
    if (this.ended) return;
    this.ended = true;
    this.channels.finish(status);
  }
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

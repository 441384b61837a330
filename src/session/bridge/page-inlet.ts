// The run is in an open tab: commands go there over a WebSocket, answers come back. One tab at a time; the last one that joined has it.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { WebSocketServer, type WebSocket } from 'ws';
import type { OutsideAnswer, OutsideCommand } from '../protocol.ts';
import type { Inlet } from './outside-requests.ts';
import { joinParameter, joinPath, type FromPage, type ToPage } from '../page-protocol.ts';

const messageSchema = v.variant('kind', [
  v.object({
    kind: v.literal('answer'),
    id: v.number(),
    answer: v.variant('answer', [
      v.object({ answer: v.literal('respond'), status: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)), headers: v.record(v.string(), v.string()), body: v.optional(v.unknown()), streaming: v.boolean() }),
      v.object({ answer: v.literal('data'), data: v.unknown() }),
      v.object({ answer: v.literal('end') }),
      v.object({ answer: v.literal('fail'), message: v.string() }),
    ]),
  }),
  v.object({ kind: v.literal('restarted') }),
]);

const noTab = 'no tab has joined: open the page that this door serves';

export class PageInlet implements Inlet {
  onAnswer: (id: number, answer: OutsideAnswer) => void = () => undefined;
  /** Whoever was asked is gone. */
  onGone: (why: string) => void = () => undefined;
  onJoin: () => void = () => undefined;
  private readonly token: Buffer;
  private readonly welcome: () => Pick<ToPage & { readonly kind: 'welcome' }, 'kubeconfig' | 'url'>;
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 * 1024 });
  private tab: WebSocket | undefined;

  constructor(token: string, welcome: () => Pick<ToPage & { readonly kind: 'welcome' }, 'kubeconfig' | 'url'>) {
    this.token = Buffer.from(token);
    this.welcome = welcome;
  }

  get joined(): boolean {
    return this.tab !== undefined;
  }

  perform(command: OutsideCommand): void {
    if (this.tab !== undefined) return this.say(this.tab, { kind: 'command', command });
    if (command.do === 'request') this.onAnswer(command.id, { answer: 'fail', message: noTab });
  }

  /** Whether the connection asks to join; then it is taken or refused here. Host and Origin have been checked. */
  take(incoming: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    if (url.pathname !== joinPath) return false;
    const given = Buffer.from(url.searchParams.get(joinParameter) ?? '');
    if (incoming.headers.origin === undefined || given.length !== this.token.length || !timingSafeEqual(given, this.token)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return true;
    }
    this.sockets.handleUpgrade(incoming, socket, head, (tab) => this.join(tab));
    return true;
  }

  close(): void {
    this.tab?.close(1001);
    this.tab = undefined;
  }

  private join(tab: WebSocket): void {
    const before = this.tab;
    this.tab = tab;
    if (before !== undefined) {
      this.say(before, { kind: 'replaced' });
      before.close(1000);
      this.onGone('another tab has joined');
    }
    tab.on('error', () => undefined);
    tab.on('message', (data: Buffer) => this.hear(data.toString('utf8')));
    tab.on('close', () => {
      if (this.tab !== tab) return;
      this.tab = undefined;
      this.onGone('the tab was closed');
    });
    this.say(tab, { kind: 'welcome', ...this.welcome() });
    this.onJoin();
  }

  private say(tab: WebSocket, message: ToPage): void {
    tab.send(JSON.stringify(message));
  }

  private hear(text: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text) as unknown;
    } catch {
      return;
    }
    const message = v.safeParse(messageSchema, parsed);
    if (!message.success) return;
    const heard = message.output as FromPage;
    if (heard.kind === 'restarted') this.onGone('the run was started anew');
    else this.onAnswer(heard.id, heard.answer);
  }
}

// A WebSocket whose messages go out one at a time, as the real server writes them: over TLS each is a record of its own. Clients that wait for their
// bare connection to be readable before they read a message (the Python client does) would not see those that share a record with the one before.
import type { WebSocket } from 'ws';

export class FramedSocket {
  private readonly socket: WebSocket;
  private readonly waiting: (() => void)[] = [];
  private busy = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  send(data: Uint8Array): void {
    this.queue(() => this.socket.send(data, { binary: true }, () => this.next()));
  }

  /** After all that was sent. */
  close(code: number): void {
    this.queue(() => this.socket.close(code));
  }

  private queue(act: () => void): void {
    if (this.busy) {
      this.waiting.push(act);
      return;
    }
    this.busy = true;
    act();
  }

  private next(): void {
    const act = this.waiting.shift();
    if (act === undefined) this.busy = false;
    else act();
  }
}

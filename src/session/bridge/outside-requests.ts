// The door's side of each request: a number for it, and whom its answers are for. Where the run is (in this process, in an open tab) is the
// inlet's affair.
import type { OutsideAnswer, OutsideCommand, OutsideData, OutsideRequestHead } from '../protocol.ts';

export interface Inlet {
  /** Hands a command to the run, now. */
  perform(command: OutsideCommand): void;
}

export interface Listener {
  respond(answer: OutsideAnswer & { readonly answer: 'respond' }): void;
  data(data: unknown): void;
  end(): void;
  /** Nothing more comes: the other side is gone. */
  fail(message: string): void;
}

export interface OpenRequest {
  send(data: OutsideData): void;
  /** The client has gone; nothing more is heard. */
  hangUp(): void;
}

export class OutsideRequests {
  private readonly inlet: Inlet;
  private readonly listeners = new Map<number, Listener>();
  private nextId: number;
  private early: { readonly id: number; readonly answer: OutsideAnswer }[] | undefined;

  constructor(inlet: Inlet, firstId: number) {
    this.inlet = inlet;
    this.nextId = firstId;
  }

  get open(): number {
    return this.listeners.size;
  }

  begin(request: OutsideRequestHead, listener: Listener): OpenRequest {
    const id = this.nextId++;
    this.listeners.set(id, listener);
    // An answer that is there at once is heard once the caller holds its request.
    this.early = [];
    this.inlet.perform({ do: 'request', id, request });
    const { early } = this;
    this.early = undefined;
    if (early !== undefined && early.length > 0) setImmediate(() => early.forEach((each) => this.take(each.id, each.answer)));
    return {
      send: (data) => {
        if (this.listeners.has(id)) this.inlet.perform({ do: 'request-data', id, data });
      },
      hangUp: () => {
        if (this.listeners.delete(id)) this.inlet.perform({ do: 'request-end', id });
      },
    };
  }

  /** An answer came out of the run. */
  take(id: number, answer: OutsideAnswer): void {
    if (this.early !== undefined) return void this.early.push({ id, answer });
    const listener = this.listeners.get(id);
    if (listener === undefined) return;
    // Whatever goes wrong on a client's side stays there: this is called while the world runs.
    try {
      this.tell(id, listener, answer);
    } catch (error) {
      this.listeners.delete(id);
      this.failQuietly(listener, error instanceof Error ? error.message : String(error));
    }
  }

  private failQuietly(listener: Listener, message: string): void {
    try {
      listener.fail(message);
    } catch {
      // It is told twice that it has failed: enough.
    }
  }

  private tell(id: number, listener: Listener, answer: OutsideAnswer): void {
    switch (answer.answer) {
      case 'respond':
        return listener.respond(answer);
      case 'data':
        return listener.data(answer.data);
      case 'end':
        this.listeners.delete(id);
        return listener.end();
      case 'fail':
        this.listeners.delete(id);
        return listener.fail(answer.message);
    }
  }

  /** The run is gone, or another one now: nobody will answer what is open. */
  failAll(message: string): void {
    const open = [...this.listeners.values()];
    this.listeners.clear();
    for (const listener of open) this.failQuietly(listener, message);
  }
}

// An open port: connections that arrived wait here until the program accepts them.
import type { Connection, Family, Listener } from '../host.ts';
import { SimMailbox } from '../mailbox.ts';
import type { Runner } from '../runner.ts';
import type { Task } from '../task.ts';
import type { EndPoint, Holder } from './connection.ts';

export class SimListener implements Listener {
  readonly address: string;
  readonly ip: string;
  readonly port: number;
  readonly family: Family | undefined;
  readonly holder: Holder;
  private readonly backlog: SimMailbox<EndPoint>;
  private readonly onClose: (listener: SimListener) => void;
  open = true;

  constructor(runner: Runner, options: { address: string; ip: string; port: number; family: Family | undefined; holder: Holder; onClose: (listener: SimListener) => void }) {
    this.address = options.address;
    this.ip = options.ip;
    this.port = options.port;
    this.family = options.family;
    this.holder = options.holder;
    this.onClose = options.onClose;
    this.backlog = new SimMailbox(runner);
  }

  accept(): Task<Connection | undefined> {
    return this.backlog.take();
  }

  offer(end: EndPoint, cause: number): void {
    this.backlog.put(end, cause);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.onClose(this);
    for (let end = this.backlog.poll(); end !== undefined; end = this.backlog.poll()) end.abort();
    this.backlog.close();
  }
}

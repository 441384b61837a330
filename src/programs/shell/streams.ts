// Where a command's three streams go.
import type { Mailbox } from '../../kernel/host.ts';

export interface Streams {
  /** Of a process: what is typed, piped or redirected to it. undefined: nothing, at its end at once. */
  readonly input: Mailbox<string> | undefined;
  out(text: string): void;
  err(text: string): void;
}

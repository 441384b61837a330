// What one container writes: whole lines to its log file, everything to whoever is attached.
import type { Host } from '../../kernel/host.ts';
import type { LogRecord } from '../../wire/cri.ts';
import { splitLines } from './command.ts';

export type OutputSink = (stream: 'stdout' | 'stderr', text: string) => void;

export class ContainerOutput {
  readonly #host: Pick<Host, 'clock' | 'disk'>;
  readonly #sinks = new Set<OutputSink>();
  /** Output after the last newline. */
  readonly #rests: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };

  constructor(host: Pick<Host, 'clock' | 'disk'>) {
    this.#host = host;
  }

  /** Writes whole lines to the log file as they come; what has no newline yet waits. */
  write(logPath: string, stream: 'stdout' | 'stderr', text: string): void {
    const { lines, rest } = splitLines(this.#rests[stream], text);
    this.#rests[stream] = rest;
    const timeMs = this.#host.clock.wallMs();
    for (const line of lines) this.#host.disk.append(logPath, { timeMs, stream, text: line } satisfies LogRecord);
    for (const sink of this.#sinks) sink(stream, text);
  }

  /** The container has ended; its last line need not end in a newline. */
  finish(logPath: string): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rests[stream] !== '') this.#host.disk.append(logPath, { timeMs: this.#host.clock.wallMs(), stream, text: this.#rests[stream], partial: true } satisfies LogRecord);
      this.#rests[stream] = '';
    }
  }

  /** Hands on what is written from now on; returns how to end it. */
  attach(sink: OutputSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }
}

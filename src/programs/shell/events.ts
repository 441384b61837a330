// What shells trace. The page's terminal is a `shell-session` process: these events are its prompt and its exit codes.

/** A line was handed to an interactive session, before anything of it runs. */
export interface ShellLine {
  readonly type: 'shell.line';
  readonly line: string;
}

/** The line's foreground commands have ended; `prompt` stands before the next line. */
export interface ShellDone {
  readonly type: 'shell.done';
  readonly exitCode: number;
  readonly prompt: string;
}

/** A line ended in the middle of a construct (an open quote, `do`, a here-document): more lines are wanted. */
export interface ShellMore {
  readonly type: 'shell.more';
  readonly prompt: string;
}

export type ShellEvent = ShellLine | ShellDone | ShellMore;

// How a program in the world lets a person edit a text: it is laid out on the machine's disk, whoever owns the world shows it, and what the person
// leaves with is put beside it. Only the owner of the world knows persons; programs see a file that changes, as they do with any editor.
import type { Host } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import type { Machine } from '../kernel/world.ts';

/** `editor` is the number (pid) under which the text is left; `what` is what is edited, e.g. `deployment.apps/web`. */
export interface EditorEvent {
  readonly type: 'editor.opened';
  readonly editor: number;
  readonly what: string;
  readonly text: string;
}

interface EditedFile {
  readonly left?: string;
}

const fileOf = (editor: number): string => `/run/editor/${editor}`;

/** Waits until somebody has left the editor; what the text is then. One at a time in a process. */
export function* editText(host: Host, text: string, what: string): Task<string> {
  const path = fileOf(host.pid);
  const changes = host.disk.watch(path);
  host.disk.write(path, {} satisfies EditedFile);
  const cause = host.trace.emit<EditorEvent>({ type: 'editor.opened', editor: host.pid, what, text });
  try {
    for (;;) {
      yield* changes.take();
      const { left } = (host.disk.read(path) ?? {}) as EditedFile;
      if (left === undefined) continue;
      // What is done with the text follows from the line that opened the editor.
      host.trace.follow(cause);
      return left;
    }
  } finally {
    changes.close();
    host.disk.remove(path);
  }
}

/** Whether a process waits there for a text. */
export function isEdited(machine: Machine, editor: number): boolean {
  return machine.on && machine.readFile(fileOf(editor)) !== undefined && machine.processes().some((process) => process.pid === editor);
}

export function closeEditor(machine: Machine, editor: number, text: string): void {
  machine.writeFile(fileOf(editor), { left: text } satisfies EditedFile);
}

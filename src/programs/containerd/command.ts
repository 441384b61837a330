// Which program a container runs: the image's entry point, or the command that the pod gives, as the OCI image rules say.
import type { ContainerConfig } from '../../wire/cri.ts';
import type { StoredImage } from './image-store.ts';

export type CommandDecision = { readonly program: string; readonly args: readonly string[]; readonly argv0?: string } | { readonly problem: string };

/** `exists` tells whether a program is in this world. A shell's `-c` and everything else stays the program's business. */
export function decideCommand(image: StoredImage, config: Pick<ContainerConfig, 'command' | 'args'>, exists: (program: string) => boolean): CommandDecision {
  const whole = config.command.length > 0 || (image.commandOnly === true && config.args.length > 0);
  if (!whole) {
    const args = config.args.length > 0 ? config.args : image.args;
    return exists(image.program) ? { program: image.program, args } : { problem: notFound(image.program) };
  }
  const [first = '', ...rest] = [...config.command, ...config.args];
  const program = first.slice(first.lastIndexOf('/') + 1);
  return exists(program) ? { program, args: rest, argv0: first } : { problem: notFound(first) };
}

/** As runc says it. */
export function notFound(program: string): string {
  return program.includes('/') ? `exec: "${program}": stat ${program}: no such file or directory` : `exec: "${program}": executable file not found in $PATH`;
}

/** Splits a stream of text into whole lines; what is left waits for its newline. */
export function splitLines(rest: string, text: string): { readonly lines: readonly string[]; readonly rest: string } {
  const parts = (rest + text).split('\n');
  return { lines: parts.slice(0, -1), rest: parts[parts.length - 1] ?? '' };
}

// What a real computer has and the laptop of the simulation has not: an editor program and the internet.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outside, Terminal } from '../../programs/kubectl/kubectl.ts';
import { withToken } from './node-api-client.ts';
import { fromPromise } from './node-host.ts';
import { serveProxy } from './node-proxy.ts';

/** Opens a file with the text in the editor, on this terminal. */
async function edit(text: string, command: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-edit-'));
  const path = join(folder, 'object.yaml');
  try {
    writeFileSync(path, text, { mode: 0o600 });
    const code = await new Promise<number | null>((resolve) => {
      // As kubectl: blanks part the options; where there are quotes, a shell reads them.
      const [program = 'vi', ...options] = command.split(' ').filter((word) => word !== '');
      const child = /["'\\]/.test(command) ? spawn('sh', ['-c', `${command} "$0"`, path], { stdio: 'inherit' }) : spawn(program, [...options, path], { stdio: 'inherit' });
      child.on('error', () => resolve(null));
      child.on('close', resolve);
    });
    return code === 0 ? readFileSync(path, 'utf8') : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(url: string): Promise<string> {
  const response = await fetch(url).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`Get ${JSON.stringify(url)}: ${cause}`);
  });
  if (!response.ok) throw new Error(`unable to read URL ${JSON.stringify(url)}, server reported ${response.status} ${response.statusText}, status code=${response.status}`);
  return response.text();
}

const terminal: Terminal = {
  isInput: process.stdin.isTTY === true,
  raw(resized) {
    const { stdin, stdout } = process;
    const tell = (): void => {
      if (stdout.isTTY) resized(stdout.columns, stdout.rows);
    };
    const restore = (): void => {
      process.off('exit', restore);
      stdout.off('resize', tell);
      if (stdin.isTTY) stdin.setRawMode(false);
    };
    if (stdin.isTTY) stdin.setRawMode(true);
    // However it ends: a terminal that stays raw is of no use to anybody.
    process.on('exit', restore);
    stdout.on('resize', tell);
    tell();
    return restore;
  },
};

export const nodeOutside: Outside = {
  terminal,
  *serveProxy(target, plan, listening) {
    return yield* fromPromise(serveProxy(withToken(target), plan, listening));
  },
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  *edit(text, about) {
    return yield* fromPromise(edit(text, about.command));
  },
  *download(url) {
    return yield* fromPromise(download(url));
  },
};

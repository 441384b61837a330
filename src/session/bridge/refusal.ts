// A refusal of the door itself, in the API's form.
import type { ServerResponse } from 'node:http';

export function sendStatus(outgoing: ServerResponse, code: number, reason: string, message: string): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  outgoing.writeHead(code, { 'content-type': 'application/json', connection: 'close' });
  outgoing.end(statusText(code, reason, message) + '\n');
}

export function statusText(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

// The second way to serve: the cluster is the one in an open tab. The page comes from a port of its own, and joins; kubectl comes by HTTPS.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessRules } from './access-rules.ts';
import { kubeconfigText, makeIdentity } from './door-identity.ts';
import { openDoor } from './http-door.ts';
import { OutsideRequests } from './outside-requests.ts';
import { PageInlet } from './page-inlet.ts';
import { joinParameter } from '../page-protocol.ts';
import { servePage } from './static-page.ts';

export interface PageOptions {
  readonly host: string;
  /** Of HTTPS for clients, and of HTTP for the page. */
  readonly port: number;
  readonly pagePort: number;
  /** The built page. */
  readonly folder: string;
  readonly allowedHosts?: readonly string[];
  readonly onJoin?: () => void;
}

export interface ServedPage {
  readonly kubeconfig: string;
  readonly url: string;
  /** To be opened in a browser; holds the token that lets the page join. */
  readonly pageUrl: string;
  close(): void;
}

export async function serveWithPage(options: PageOptions): Promise<ServedPage> {
  const token = randomBytes(24).toString('base64url');
  const identity = makeIdentity(['localhost', '127.0.0.1', '::1', options.host, ...(options.allowedHosts ?? [])]);
  const folder = mkdtempSync(join(tmpdir(), 'terrarium-'));
  const kubeconfig = join(folder, 'kubeconfig');
  let url = '';
  const inlet = new PageInlet(token, () => ({ kubeconfig, url }));
  // Numbers that no earlier door of this run has given.
  const requests = new OutsideRequests(inlet, Date.now() * 1000);
  inlet.onAnswer = (id, answer) => requests.take(id, answer);
  inlet.onGone = (why) => requests.failAll(why);
  inlet.onJoin = () => options.onJoin?.();
  const rules = new AccessRules([options.host, ...(options.allowedHosts ?? [])]);
  const page = createServer((incoming, outgoing) => {
    const foreign = rules.refuse(incoming);
    if (foreign !== undefined) outgoing.writeHead(403, { 'content-type': 'text/plain' }).end(foreign);
    else servePage(options.folder, incoming, outgoing);
  });
  page.on('upgrade', (incoming, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (rules.refuse(incoming) !== undefined || !inlet.take(incoming, socket, head)) socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  const opened = await openDoor(requests, { host: options.host, https: options.port, http: undefined, identity, ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }) });
  const pagePort = await new Promise<number>((resolve, reject) => {
    page.once('error', reject);
    page.listen(options.pagePort, options.host, () => {
      const address = page.address();
      resolve(typeof address === 'object' && address !== null ? address.port : options.pagePort);
    });
  }).catch((error: unknown) => {
    opened.close();
    throw error;
  });
  const shown = options.host.includes(':') ? `[${options.host}]` : options.host;
  url = `https://${shown}:${opened.https ?? 0}`;
  writeFileSync(kubeconfig, kubeconfigText({ https: url }, identity), { mode: 0o600 });
  return {
    kubeconfig,
    url,
    pageUrl: `http://${shown}:${pagePort}/?${joinParameter}=${token}`,
    close: () => {
      inlet.close();
      opened.close();
      page.close();
      page.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// kubectl as a program of the simulated world: the real one speaks from the same code through bin/kubectl.
import { createApiClient } from '../../client/rest-client.ts';
import type { ApiClient } from '../../client/contract.ts';
import type { Host, Program } from '../../kernel/host.ts';
import { decodeCertificates, decodePrivateKey } from '../../wire/tls-handshake.ts';
import { editText } from '../../wire/editor.ts';
import type { Task } from '../../kernel/task.ts';
import { completionPath, completionTree, rememberNames } from './completion.ts';
import { CommandError } from './errors.ts';
import type { Kubectl } from './kubectl.ts';
import { readKubeconfig } from './kubeconfig.ts';
import type { Target } from './kubeconfig.ts';
import { runKubectl } from './run.ts';

/** Over the simulated network. */
function connectInWorld(host: Host, target: Target): ApiClient {
  const certificate = target.clientCertificate === undefined ? undefined : decodeCertificates(target.clientCertificate)[0];
  const privateKey = target.clientKey === undefined ? undefined : decodePrivateKey(target.clientKey);
  if (target.clientCertificate !== undefined && certificate === undefined) throw new CommandError('tls: failed to find any PEM data in certificate input');
  if (target.clientKey !== undefined && privateKey === undefined) throw new CommandError('tls: failed to find any PEM data in key input');
  const trust = target.insecure ? undefined : decodeCertificates(target.certificateAuthority ?? '');
  return createApiClient(host, {
    server: target.server,
    tls: { ...(certificate === undefined || privateKey === undefined ? {} : { own: { certificate, privateKey } }), ...(trust === undefined ? {} : { trust }) },
    ...(target.token === undefined ? {} : { token: target.token }),
    ...(target.tokenFile === undefined ? {} : { tokenFile: target.tokenFile }),
    ...(target.impersonate === undefined ? {} : { impersonate: target.impersonate }),
    userAgent: target.userAgent,
  });
}

function tryToWrite(host: Host, path: string, value: unknown): void {
  try {
    host.disk.write(path, value);
  } catch {
    // A read-only disk only costs the completion.
  }
}

/** After a command: what it met, for the shell's Tab. */
function* leaveNames(k: Kubectl): Task<void> {
  if (k.seen.length === 0 || !k.usesDiscovery) return;
  try {
    rememberNames(k.host, yield* k.discovery.resources(), k.namespace, readKubeconfig(k.host, k.flags, true).document, k.seen);
  } catch {
    // Only a cache.
  }
}

export const kubectl: Program = {
  name: 'kubectl',
  *main(host, args) {
    // Left for the shell's Tab, as a package would install it.
    if (!host.disk.exists(completionPath)) tryToWrite(host, completionPath, completionTree());
    return yield* runKubectl(host, args, connectInWorld, leaveNames, { edit: (text, { what }) => editText(host, text, what) });
  },
};

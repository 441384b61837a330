// kubectl as a program of the simulated world: the real one speaks from the same code through bin/kubectl.
import { createApiClient } from '../../client/rest-client.ts';
import type { ApiClient } from '../../client/contract.ts';
import type { Host, Program } from '../../kernel/host.ts';
import { decodeCertificates, decodePrivateKey } from '../../wire/tls-handshake.ts';
import { CommandError } from './errors.ts';
import type { Target } from './kubeconfig.ts';
import { runKubectl } from './run.ts';

/** Over the simulated network. */
export function connectInWorld(host: Host, target: Target): ApiClient {
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

export const kubectl: Program = {
  name: 'kubectl',
  *main(host, args) {
    return yield* runKubectl(host, args, connectInWorld);
  },
};

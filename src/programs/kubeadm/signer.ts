// The authorities whose keys lie on this machine.
import { loadKeyPair } from '../../wire/tls-handshake.ts';
import { authoritySpecs, pkiFolder, type Authorities, type Signer } from './certificates.ts';
import { Failure, type Context } from './context.ts';

/** Throws Failure when a key is missing: only control plane machines can sign. */
export function loadSigner(context: Context): Signer {
  const { host } = context;
  try {
    const authorities = Object.fromEntries(authoritySpecs.map((spec) => [spec.name, loadKeyPair(host, `${pkiFolder}/${spec.file}.crt`, `${pkiFolder}/${spec.file}.key`)])) as unknown as Authorities;
    return { random: host.random, wallMs: host.clock.wallMs(), authorities };
  } catch (error) {
    throw new Failure(`failure loading certificate authority: ${(error as Error).message}`);
  }
}

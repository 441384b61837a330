// Approved requests to the signers of kubernetes.io get their certificate from the cluster's authority, or the reason why they get none.
import { encodeBase64 } from '../../../api/meta/base64.ts';
import { requestFacts, type RequestFacts } from '../../../api/certificates/request-facts.ts';
import type { Task } from '../../../kernel/task.ts';
import { encodeCertificate, issueCertificate, loadKeyPair } from '../../../wire/tls-handshake.ts';
import type { KeyPair } from '../../../wire/tls.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';
import { condition, hasCondition, putStatus, signerProblem, type SigningRequest } from './request.ts';

const name = 'certificatesigningrequest-signing-controller';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Certificates begin a little earlier, for clocks that lag; those of less than eight hours keep their whole life besides. */
const backdateMs = 5 * minuteMs;
const shortMs = 8 * hourMs;

export function startCertificateSigner(context: ControllerContext): void {
  const client = context.client('certificate-controller');
  const requests = context.informer<SigningRequest>(refs.signingRequests);
  const queue = context.queue('certificate');
  requests.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(object.metadata.name);
  });

  function* reconcile(key: string): Task<void> {
    const request = requests.get(key);
    if (request === undefined || !hasCondition(request, 'Approved') || hasCondition(request, 'Denied') || hasCondition(request, 'Failed') || (request.status?.certificate ?? '') !== '') return;
    const facts = requestFacts(request.spec.request);
    if (typeof facts === 'string') return;
    const problem = signerProblem(request, facts);
    if (problem === false) return;
    if (problem !== undefined) {
      yield* putStatus(client, request, 'status', { ...request.status, conditions: [...(request.status?.conditions ?? []), condition('Failed', 'SignerValidationFailure', problem, context.now())] });
      context.decided(name, key, 'failed', { says: 'message', message: problem });
      return;
    }
    const authority = readAuthority();
    if (authority === undefined) return;
    yield* putStatus(client, request, 'status', { ...request.status, certificate: encodeBase64(encodeCertificate(issue(request, facts, authority).certificate)) });
    context.decided(name, key, 'signed', { says: 'message', message: `certificate for ${JSON.stringify(facts.commonName)}` });
  }

  function issue({ spec }: SigningRequest, facts: RequestFacts, authority: KeyPair): KeyPair {
    const wallMs = context.wallMs();
    const longestMs = context.flags.durationMs('cluster-signing-duration', 8760 * hourMs);
    const lifeMs = spec.expirationSeconds === undefined ? longestMs : Math.min(longestMs, Math.max(10 * minuteMs, spec.expirationSeconds * 1000));
    const usages = (spec.usages ?? []).filter((usage): usage is 'client auth' | 'server auth' => usage === 'client auth' || usage === 'server auth');
    const { commonName, organizations, dnsNames, ipAddresses, publicKey } = facts;
    const notAfterMs = Math.min(wallMs + (lifeMs < shortMs ? lifeMs : lifeMs - backdateMs), authority.certificate.notAfterMs);
    return issueCertificate(context.host.random, { commonName, organizations, dnsNames, ipAddresses, publicKey, usages, notBeforeMs: wallMs - backdateMs, notAfterMs }, authority);
  }

  function readAuthority(): KeyPair | undefined {
    const { flags, host } = context;
    try {
      return loadKeyPair(host, flags.get('cluster-signing-cert-file') ?? '/etc/kubernetes/pki/ca.crt', flags.get('cluster-signing-key-file') ?? '/etc/kubernetes/pki/ca.key');
    } catch {
      // Without the authority's key nothing is signed; an administrator may bring it later.
      return undefined;
    }
  }

  context.start({ name, queue, workers: 5, needs: [requests], reconcile });
}

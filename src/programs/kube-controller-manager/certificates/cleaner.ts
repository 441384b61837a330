// Old requests go: decided ones an hour after the decision, undecided ones after a day, signed ones at once when their certificate expired.
import { decodeBase64 } from '../../../api/meta/base64.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { decodeCertificates } from '../../../wire/tls-handshake.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';
import { conditionOf, type SigningRequest } from './request.ts';

const hourMs = 3_600_000;

/** Why it goes now; undefined while it stays. */
export function reasonToGo(request: SigningRequest, wallMs: number): string | undefined {
  const olderThan = (time: string | undefined, ms: number): boolean => wallMs - (parseTime(time) ?? wallMs) > ms;
  const certificate = request.status?.certificate ?? '';
  if (certificate !== '' && decodeCertificates(decodeBase64(certificate) ?? '').some(({ notAfterMs }) => notAfterMs < wallMs)) return 'its certificate expired';
  for (const type of ['Approved', 'Denied', 'Failed'] as const) {
    const decided = conditionOf(request, type);
    if (decided !== undefined && (type !== 'Approved' || certificate !== '') && olderThan(decided.lastUpdateTime, hourMs)) return `${type.toLowerCase()} an hour ago`;
  }
  const open = (request.status?.conditions ?? []).length === 0;
  return open && olderThan(request.metadata.creationTimestamp, 24 * hourMs) ? 'nobody decided for a day' : undefined;
}

export function startCertificateCleaner(context: ControllerContext): void {
  const name = 'certificatesigningrequest-cleaner-controller';
  const client = context.client('certificate-controller');
  const requests = context.informer<SigningRequest>(refs.signingRequests);
  function* sweep(): Task<void> {
    for (const request of requests.list()) {
      const why = reasonToGo(request, context.wallMs());
      if (why === undefined) continue;
      try {
        yield* client.delete(refs.signingRequests, '', request.metadata.name);
        context.decided(name, request.metadata.name, 'deleted', { says: 'message', message: why });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
  context.every(name, hourMs, [requests], sweep);
}

// Kubelets' own client certificates are approved, when whoever asks may ask: a bootstrap token for a node, a node for itself.
import { requestFacts } from '../../../api/certificates/request-facts.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';
import { condition, hasCondition, kubeletClientProblem, kubeletClientSigner, putStatus, type SigningRequest } from './request.ts';

const name = 'certificatesigningrequest-approving-controller';

export function startCertificateApprover(context: ControllerContext): void {
  const client = context.client('certificate-controller');
  const requests = context.informer<SigningRequest>(refs.signingRequests);
  const queue = context.queue('certificate');
  requests.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(object.metadata.name);
  });

  function* reconcile(key: string): Task<void> {
    const request = requests.get(key);
    if (request === undefined || hasCondition(request, 'Approved') || hasCondition(request, 'Denied') || request.spec.signerName !== kubeletClientSigner) return;
    const facts = requestFacts(request.spec.request);
    if (typeof facts === 'string' || kubeletClientProblem(facts, request.spec.usages ?? []) !== undefined) return;
    const own = request.spec.username === facts.commonName;
    const subresource = own ? 'selfnodeclient' : 'nodeclient';
    if (!(yield* mayAsk(request, subresource))) {
      context.decided(name, key, 'left', { says: 'message', message: `recognized csr ${JSON.stringify(key)} as ${subresource} but subject access review was not approved` });
      return;
    }
    const message = `Auto approving ${own ? 'self ' : ''}kubelet client certificate after SubjectAccessReview.`;
    yield* putStatus(client, request, 'approval', { ...request.status, conditions: [...(request.status?.conditions ?? []), condition('Approved', 'AutoApproved', message, context.now())] });
    context.decided(name, key, 'approved', { says: 'message', message: message });
  }

  function* mayAsk({ spec }: SigningRequest, subresource: string): Task<boolean> {
    const resourceAttributes = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*' };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: spec.username, uid: spec.uid, groups: spec.groups, extra: spec.extra, resourceAttributes } };
    const answer = yield* client.raw('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: review });
    return (answer.body as { readonly status?: { readonly allowed?: boolean } }).status?.allowed === true;
  }

  context.start({ name, queue, workers: 5, needs: [requests], reconcile });
}

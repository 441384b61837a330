// `agnhost webhook`: answers admission reviews as its namesake of test/images/agnhost does.
import { encodeBase64 } from '../../../api/meta/base64.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import type { Flags } from './flags.ts';
import { reply, serveOn } from './serve.ts';

interface Reviewed {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly name?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[]; readonly initContainers?: readonly object[] };
}
interface Answer {
  readonly allowed: boolean;
  readonly message?: string;
  readonly reason?: string;
  readonly patch?: readonly object[];
  readonly warnings?: readonly string[];
}
interface Question {
  readonly operation: string;
  readonly resource: string;
  readonly object: Reviewed | undefined;
  readonly old: Reviewed | undefined;
}

export function* serveWebhook(host: Host, flags: Flags): Task<number> {
  return yield* serveOn(host, [{ port: flags.number('port', 443), tls: { certificate: flags.text('tls-cert-file', ''), key: flags.text('tls-private-key-file', '') } }], (request) => handle(host, request));
}

const delaysMs: Readonly<Record<string, number>> = { '/always-allow-delay-5s': 5000, '/always-allow-delay-10s': 10_000 };

function* handle(host: Host, request: HttpRequest): Task<HttpResponse> {
  host.usage.cpuMs += 0.3;
  const review = (typeof request.body === 'string' ? JSON.parse(request.body) : request.body) as { readonly apiVersion?: string; readonly kind?: string; readonly request?: { readonly uid: string; readonly operation: string; readonly resource: { readonly resource: string }; readonly object?: Reviewed | null; readonly oldObject?: Reviewed | null } };
  const asked = review?.request;
  if (request.path === '/readyz') return reply(200, 'ok');
  if (asked === undefined) return reply(400, 'Request could not be decoded\n');
  const question: Question = { operation: asked.operation, resource: asked.resource.resource, object: asked.object ?? undefined, old: asked.oldObject ?? undefined };
  const decide = handlers[request.path];
  if (decide === undefined) return reply(404, '404 page not found\n');
  const delayMs = delaysMs[request.path];
  if (delayMs !== undefined) yield* host.clock.sleep(delayMs);
  const answer = decide(question);
  host.output.write(`handling request: ${request.path} ${asked.operation} ${asked.resource.resource} ${question.object?.metadata?.name ?? ''}: ${answer.allowed ? 'allowed' : `denied: ${answer.message ?? ''}`}\n`);
  const response = {
    uid: asked.uid,
    allowed: answer.allowed,
    ...(answer.message === undefined ? {} : { status: { message: answer.message, ...(answer.reason === undefined ? {} : { reason: answer.reason }) } }),
    ...(answer.patch === undefined ? {} : { patchType: 'JSONPatch', patch: encodeBase64(JSON.stringify(answer.patch)) }),
    ...(answer.warnings === undefined ? {} : { warnings: answer.warnings }),
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'AdmissionReview', apiVersion: review.apiVersion ?? 'admission.k8s.io/v1', response } };
}

const allowed: Answer = { allowed: true };
const disallowed = (object: Reviewed | undefined): boolean => object?.metadata?.labels?.['webhook-e2e-test'] === 'webhook-disallow';

const handlers: Readonly<Record<string, (question: Question) => Answer>> = {
  '/always-deny': () => ({ allowed: false, message: 'this webhook denies all requests' }),
  '/always-allow-delay-5s': () => allowed,
  '/always-allow-delay-10s': () => allowed,
  '/add-label': ({ object }) => {
    const labels = object?.metadata?.labels;
    if (labels === undefined) return { allowed: true, patch: [{ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }] };
    if (labels['added-label'] === 'yes') return allowed;
    return { allowed: true, patch: [{ op: labels['added-label'] === undefined ? 'add' : 'replace', path: '/metadata/labels/added-label', value: 'yes' }] };
  },
  '/pods': ({ operation, object }) => {
    const reasons = [
      ...(object?.spec?.containers?.some(({ name }) => name.includes('webhook-disallow')) === true ? ['the pod contains unwanted container name'] : []),
      ...(operation !== 'DELETE' && disallowed(object) ? ['the pod contains unwanted label'] : []),
    ];
    return reasons.length === 0 ? allowed : { allowed: false, message: reasons.join('; ') };
  },
  '/pods/attach': () => ({ allowed: false, message: 'attaching to pod \'to-be-attached-pod\' is not allowed' }),
  '/mutating-pods': ({ object }) => {
    // As its namesake: a certain pod gets an init container.
    if (object?.metadata?.name !== 'webhook-to-be-mutated') return allowed;
    const container = { image: 'registry.k8s.io/pause:3.10.1', name: 'webhook-added-init-container', resources: {} };
    return { allowed: true, patch: [object.spec?.initContainers === undefined ? { op: 'add', path: '/spec/initContainers', value: [container] } : { op: 'add', path: '/spec/initContainers/-', value: container }] };
  },
  '/configmaps': ({ operation, object, old }) => {
    const data = (operation === 'DELETE' ? old : object)?.data ?? {};
    return Object.values(data).some((value) => value === 'webhook-disallow') ? { allowed: false, reason: 'the configmap contains unwanted key and value', message: 'the configmap contains unwanted key and value' } : allowed;
  },
  '/mutating-configmaps': ({ object }) => {
    const patch: object[] = [];
    if (object?.data?.['mutation-start'] === 'yes') patch.push({ op: 'add', path: '/data/mutation-stage-1', value: 'yes' });
    if (object?.data?.['mutation-stage-1'] === 'yes') patch.push({ op: 'add', path: '/data/mutation-stage-2', value: 'yes' });
    return patch.length === 0 ? allowed : { allowed: true, patch };
  },
  '/custom-resource': ({ operation, object, old }) => {
    const data = (operation === 'DELETE' ? old : object)?.data ?? {};
    return Object.values(data).some((value) => value === 'webhook-disallow') ? { allowed: false, message: 'the custom resource contains unwanted data' } : allowed;
  },
  '/crd': ({ object }) => (disallowed(object) ? { allowed: false, message: 'the crd contains unwanted label' } : allowed),
  '/mutating-custom-resource': ({ object }) => {
    const patch: object[] = [];
    if (object?.data?.['mutation-start'] === 'yes') patch.push({ op: 'add', path: '/data/mutation-stage-1', value: 'yes' });
    if (object?.data?.['mutation-stage-1'] === 'yes') patch.push({ op: 'add', path: '/data/mutation-stage-2', value: 'yes' });
    return patch.length === 0 ? allowed : { allowed: true, patch };
  },
};

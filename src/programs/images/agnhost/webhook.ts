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
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[]; readonly initContainers?: readonly { readonly name?: string }[] };
  /** Of an attachment's options. */
  readonly stdin?: boolean;
  readonly container?: string;
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
  readonly name: string;
  readonly object: Reviewed | undefined;
  readonly old: Reviewed | undefined;
}

export function* serveWebhook(host: Host, flags: Flags): Task<number> {
  return yield* serveOn(host, [{ port: flags.number('port', 443), tls: { certificate: flags.text('tls-cert-file', ''), key: flags.text('tls-private-key-file', '') } }], (request) => handle(host, request));
}

const delaysMs: Readonly<Record<string, number>> = { '/always-allow-delay-5s': 5000, '/always-allow-delay-10s': 10_000 };

function* handle(host: Host, request: HttpRequest): Task<HttpResponse> {
  host.usage.cpuMs += 0.3;
  const review = (typeof request.body === 'string' ? JSON.parse(request.body) : request.body) as { readonly apiVersion?: string; readonly kind?: string; readonly request?: { readonly uid: string; readonly operation: string; readonly name?: string; readonly resource: { readonly resource: string }; readonly object?: Reviewed | null; readonly oldObject?: Reviewed | null } };
  const asked = review?.request;
  if (request.path === '/readyz') return reply(200, 'ok');
  if (asked === undefined) return reply(400, 'Request could not be decoded\n');
  const question: Question = { operation: asked.operation, name: asked.name ?? '', object: asked.object ?? undefined, old: asked.oldObject ?? undefined };
  const decide = handlers[request.path];
  if (decide === undefined) return reply(404, '404 page not found\n');
  const delayMs = delaysMs[request.path];
  if (delayMs !== undefined) yield* host.clock.sleep(delayMs);
  // Whoever asks for it waits for ever: the caller's timeout is what is tried out.
  if (request.path === '/pods' && label(question.object) === 'wait-forever') yield* host.tasks.latch().wait();
  const answer = decide(question);
  host.output.write(`handling request: ${request.path} ${asked.operation} ${asked.resource.resource} ${question.object?.metadata?.name ?? ''}: ${answer.allowed ? 'allowed' : `denied: ${answer.message ?? answer.reason ?? ''}`}\n`);
  const response = {
    uid: asked.uid,
    allowed: answer.allowed,
    ...(answer.message === undefined && answer.reason === undefined ? {} : { status: { ...(answer.message === undefined ? {} : { message: answer.message }), ...(answer.reason === undefined ? {} : { reason: answer.reason }) } }),
    ...(answer.patch === undefined ? {} : { patchType: 'JSONPatch', patch: encodeBase64(JSON.stringify(answer.patch)) }),
    ...(answer.warnings === undefined ? {} : { warnings: answer.warnings }),
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'AdmissionReview', apiVersion: review.apiVersion ?? 'admission.k8s.io/v1', response } };
}

const allowed: Answer = { allowed: true };
const label = (object: Reviewed | undefined): string | undefined => object?.metadata?.labels?.['webhook-e2e-test'];

/** Denies what is written with one mark and what is deleted with another; `what` says what is asked about, its name and what is wrong with it. */
function denyMarked({ operation, object, old }: Question, what: string, unwanted: string): Answer {
  const mark = ((operation === 'DELETE' ? old : object)?.data ?? {})['webhook-e2e-test'];
  if (mark === 'webhook-disallow' && (operation === 'CREATE' || operation === 'UPDATE')) return { allowed: false, reason: `the ${what} contains unwanted ${unwanted}` };
  if (mark === 'webhook-nondeletable' && operation === 'DELETE') return { allowed: false, reason: `the ${what} cannot be deleted because it contains unwanted key and value` };
  return allowed;
}

/** The later of two stages that the data ask for. */
function mutateData({ object }: Question): Answer {
  const stage = object?.data?.['mutation-stage-1'] === 'yes' ? 2 : object?.data?.['mutation-start'] === 'yes' ? 1 : undefined;
  return stage === undefined ? allowed : { allowed: true, patch: [{ op: 'add', path: `/data/mutation-stage-${stage}`, value: 'yes' }] };
}

const handlers: Readonly<Record<string, (question: Question) => Answer>> = {
  '/always-deny': () => ({ allowed: false, message: 'this webhook denies all requests' }),
  '/always-allow-delay-5s': () => allowed,
  '/always-allow-delay-10s': () => allowed,
  '/add-label': ({ object }) => {
    const labels = object?.metadata?.labels ?? {};
    if (Object.keys(labels).length === 0) return { allowed: true, patch: [{ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }] };
    if (labels['added-label'] === 'yes') return allowed;
    return { allowed: true, patch: [{ op: labels['added-label'] === undefined ? 'add' : 'replace', path: '/metadata/labels/added-label', value: 'yes' }] };
  },
  '/pods': ({ object }) => {
    const reasons = [
      ...(label(object) === 'webhook-disallow' ? ['the pod contains unwanted label'] : []),
      ...(object?.spec?.containers?.some(({ name }) => name.includes('webhook-disallow')) === true ? ['the pod contains unwanted container name'] : []),
    ];
    return reasons.length === 0 ? allowed : { allowed: false, message: `${reasons.join('; ')};` };
  },
  '/pods/attach': ({ name, object }) => (name === 'to-be-attached-pod' && object?.stdin === true && object.container === 'container1' ? { allowed: false, message: 'attaching to pod \'to-be-attached-pod\' is not allowed' } : allowed),
  '/mutating-pods': ({ object }) => {
    // As its namesake: a certain pod gets an init container.
    if (object?.metadata?.name !== 'webhook-to-be-mutated' || object.spec?.initContainers?.some(({ name }) => name === 'webhook-added-init-container') === true) return allowed;
    return { allowed: true, patch: [{ op: 'add', path: '/spec/initContainers', value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }] }] };
  },
  '/configmaps': (question) => denyMarked(question, 'configmap', 'key and value'),
  '/mutating-configmaps': mutateData,
  '/custom-resource': (question) => denyMarked(question, 'custom resource', 'data'),
  '/mutating-custom-resource': mutateData,
  '/crd': ({ object }) => (label(object) === 'webhook-disallow' ? { allowed: false, message: 'the crd contains unwanted label' } : allowed),
};

// MutatingAdmissionWebhook and ValidatingAdmissionWebhook: programs outside the server that change objects, or let them pass or not.
import { environmentOf } from '../../../../api/admissionregistration/environment.ts';
import type { Webhook, WebhookConfiguration } from '../../../../api/admissionregistration/types.ts';
import type { Program } from '../../../../api/cel/environment.ts';
import { bool } from '../../../../api/cel/types.ts';
import type { Json, Status } from '../../../../api/meta/object.ts';
import { applyJsonPatch } from '../../../../api/meta/patch/json-patch.ts';
import { ApiError } from '../../../../client/api-error.ts';
import type { Task } from '../../../../kernel/task.ts';
import type { ApiserverEvent } from '../../events.ts';
import { badRequest, internalError } from '../../status.ts';
import type { StoredObject } from '../../storage/watch-cache.ts';
import { changesOf } from '../changes.ts';
import { convert, isConfiguration, matchResources, ownResource, prepareConversion, prepareMatch, retyped, type Match } from '../match.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { matchConditions, RequestValues } from '../policy/expressions.ts';
import { makeReview, readVerdict, type Verdict } from './review.ts';
import { WebhookError } from './webhook-caller.ts';

interface Hook {
  readonly configuration: string;
  readonly webhook: Webhook;
  readonly key: string;
}

/** By configuration name, then in the order of the list. */
const hooksOf = (prefix: string, { collections }: AdmissionContext): readonly Hook[] =>
  (collections.cache(prefix).list('') as readonly WebhookConfiguration[]).flatMap(({ metadata, webhooks }) => (webhooks ?? []).map((webhook, index) => ({ configuration: metadata.name, webhook, key: `${metadata.name}/${index}/${webhook.name}` })));

export const mutatingWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  handles: (request) => !isConfiguration(request),
  isIdle: ({ collections }) => collections.cache('mutatingwebhookconfigurations').size === 0,
  *mutateSlowly(request, context) {
    const { reinvocation } = context;
    let current = request;
    let round = 0;
    for (const hook of hooksOf('mutatingwebhookconfigurations', context)) {
      if (reinvocation.isSecond && (hook.webhook.reinvocationPolicy !== 'IfNeeded' || !reinvocation.left.has(hook.key) || reinvocation.left.get(hook.key) === current.object)) continue;
      const match = yield* concerns(hook.webhook, current, context);
      if (match === undefined) continue;
      const verdict = yield* ask(hook, current, match, context, true);
      const object = verdict?.patch === undefined ? current.object : yield* applyPatch(verdict.patch, current, match, context);
      const value = JSON.stringify({ configuration: hook.configuration, webhook: hook.webhook.name, mutated: object !== current.object });
      context.annotate(`mutation.webhook.admission.k8s.io/round_${reinvocation.isSecond ? 1 : 0}_index_${round++}`, value);
      if (object !== undefined) reinvocation.left.set(hook.key, object);
      if (object !== current.object) current = { ...current, object };
    }
    return current.object === request.object ? undefined : { object: current.object as StoredObject, changes: changesOf(request.object, current.object) };
  },
};

export const validatingWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  handles: (request) => !isConfiguration(request),
  isIdle: ({ collections }) => collections.cache('validatingwebhookconfigurations').size === 0,
  *validateSlowly(request, context) {
    const asked: { readonly hook: Hook; readonly match: Match }[] = [];
    for (const hook of hooksOf('validatingwebhookconfigurations', context)) {
      const match = yield* concerns(hook.webhook, request, context);
      if (match !== undefined) asked.push({ hook, match });
    }
    if (asked.length === 0) return;
    // All at once; the first refusal counts.
    const answers = context.host.tasks.mailbox<ApiError | undefined>();
    for (const { hook, match } of asked) context.host.tasks.spawn(`webhook ${hook.webhook.name}`, answerTo(hook, match));
    let refusal: ApiError | undefined;
    for (let count = 0; count < asked.length; count++) refusal = refusal ?? (yield* answers.take());
    if (refusal !== undefined) throw refusal;

    function* answerTo(hook: Hook, match: Match): Task<void> {
      try {
        yield* ask(hook, request, match, context, false);
        answers.put(undefined);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        answers.put(error);
      }
    }
  },
};

function* concerns(webhook: Webhook, request: AdmissionRequest, context: AdmissionContext): Task<Match | undefined> {
  const { matchPolicy, namespaceSelector, objectSelector, rules } = webhook;
  if (rules === undefined || rules.length === 0) return undefined;
  const match = matchResources({ ...(matchPolicy === undefined ? {} : { matchPolicy }), ...(namespaceSelector === undefined ? {} : { namespaceSelector }), ...(objectSelector === undefined ? {} : { objectSelector }), resourceRules: rules }, request, context);
  yield* prepareMatch(match, request, context);
  if (match === undefined || (webhook.matchConditions ?? []).length === 0) return match;
  const values = new RequestValues(request, context, match);
  const result = matchConditions(webhook.matchConditions ?? [], conditionPrograms(webhook), values);
  if (result.error === undefined) return result.matches ? match : undefined;
  if (webhook.failurePolicy === 'Ignore') return undefined;
  throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${result.error}`);
}

const compiledConditions = new WeakMap<Webhook, readonly (Program | undefined)[]>();
function conditionPrograms(webhook: Webhook): readonly (Program | undefined)[] {
  let known = compiledConditions.get(webhook);
  if (known === undefined) {
    const environment = environmentOf({});
    known = (webhook.matchConditions ?? []).map(({ expression }) => environment.compileTo(expression ?? '', bool).program);
    compiledConditions.set(webhook, known);
  }
  return known;
}

/** Its verdict when it lets the request pass; undefined when it could not be asked and that may be. Throws the refusal. */
function* ask({ webhook }: Hook, request: AdmissionRequest, match: Match, context: AdmissionContext, mutating: boolean): Task<Verdict | undefined> {
  const { host } = context;
  if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  const from = host.clock.nowMs();
  const said = (answer: string): void => void host.trace.emit<ApiserverEvent>({ type: 'apiserver.webhook', webhook: webhook.name, mutating, answer, ms: host.clock.nowMs() - from });
  let verdict: Verdict;
  try {
    const review = makeReview(webhook, request, match, context);
    verdict = readVerdict(yield* context.webhooks.call(webhook, review.body), review, mutating);
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    said(`failed: ${error.message}`);
    if (webhook.failurePolicy !== 'Ignore') throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`);
    context.annotate(`failed-open.${mutating ? 'mutating' : 'validating'}.webhook.admission.k8s.io/round_0_index_0`, webhook.name);
    host.output.error(`Failed calling webhook, failing open ${webhook.name}: failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}\n`);
    return undefined;
  }
  for (const text of verdict.warnings) context.warn(text);
  for (const [key, value] of Object.entries(verdict.annotations)) context.annotate(`${webhook.name}/${key}`, value);
  said(verdict.allowed ? 'allowed' : `denied: ${verdict.result?.message ?? verdict.result?.reason ?? ''}`);
  if (!verdict.allowed) throw denied(webhook.name, verdict.result ?? {});
  return verdict;
}

function denied(name: string, result: Partial<Status>): ApiError {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const message = result.message ? `${by}: ${result.message}` : result.reason ? `${by}: ${result.reason}` : `${by} without explanation`;
  const code = result.code !== undefined && result.code >= 400 ? result.code : 400;
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, ...(result.reason ? { reason: result.reason } : {}), ...(result.details === undefined ? {} : { details: result.details }), code });
}

function* applyPatch(patch: Json, request: AdmissionRequest, match: Match, context: AdmissionContext): Task<StoredObject> {
  const own = ownResource(request, context);
  const there = convert(request.object, own, match.resource);
  if (there === undefined) throw internalError('patch failed: there is no object to patch');
  const result = applyJsonPatch(there as unknown as Json, patch);
  if ('problem' in result) throw internalError(result.problem);
  const typed = retyped(result.value as unknown as StoredObject, request, match.resource);
  if (typeof typed === 'string') throw internalError(typed);
  yield* prepareConversion([typed], match.resource, own);
  return convert(typed, match.resource, own) as StoredObject;
}


// AdmissionReview: the question to a webhook, and what its answer means.
import { randomUuid } from '../../../../client/uuid.ts';
import type { Webhook } from '../../../../api/admissionregistration/types.ts';
import { decodeBase64 } from '../../../../api/meta/base64.ts';
import type { Json, Status } from '../../../../api/meta/object.ts';
import { convert, ownResource, type Match } from '../match.ts';
import { type AdmissionContext, type AdmissionRequest, fieldsOf } from '../plugin.ts';
import { admissionRequestJson } from '../policy/expressions.ts';
import { WebhookError } from './webhook-caller.ts';

const versions = ['v1', 'v1beta1'];

export interface Verdict {
  readonly allowed: boolean;
  readonly patch: Json | undefined;
  readonly result: Partial<Status> | undefined;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Review {
  readonly uid: string;
  readonly apiVersion: string;
  readonly body: object;
}

export function makeReview(webhook: Webhook, request: AdmissionRequest, match: Match, context: AdmissionContext): Review {
  const version = webhook.admissionReviewVersions?.find((each) => versions.includes(each));
  if (version === undefined) throw new WebhookError('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = randomUuid(context.host.random);
  const own = ownResource(request, context);
  const apiVersion = `admission.k8s.io/${version}`;
  const object = (value: AdmissionRequest['object']) => convert(value, own, match.resource) ?? null;
  return { uid, apiVersion, body: { kind: 'AdmissionReview', apiVersion, request: { uid, ...admissionRequestJson(request, match, context), object: object(request.object), oldObject: object(request.old) } } };
}

/** Throws WebhookError for an answer that is none. */
export function readVerdict(answer: unknown, { uid, apiVersion }: Review, mutating: boolean): Verdict {
  const body = fieldsOf(answer);
  const invalid = (why: string): WebhookError => new WebhookError(`received invalid webhook response: ${why}`);
  if (body['kind'] !== 'AdmissionReview' || body['apiVersion'] !== apiVersion) throw invalid(`expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${text(body['apiVersion'])}, Kind=${text(body['kind'])}`);
  if (typeof body['response'] !== 'object' || body['response'] === null) throw invalid('webhook response was absent');
  const response = fieldsOf(body['response']);
  if (response['uid'] !== uid) throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(text(response['uid']))}`);
  const patch = mutating ? readPatch(response, invalid) : undefined;
  const warnings = Array.isArray(response['warnings']) ? response['warnings'].filter((each): each is string => typeof each === 'string') : [];
  const annotations = Object.fromEntries(Object.entries(fieldsOf(response['auditAnnotations'])).filter((each): each is [string, string] => typeof each[1] === 'string'));
  return { allowed: response['allowed'] === true, patch, result: response['status'] === undefined || response['status'] === null ? undefined : (fieldsOf(response['status']) as Partial<Status>), warnings, annotations };
}

function readPatch(response: Readonly<Record<string, unknown>>, invalid: (why: string) => WebhookError): Json | undefined {
  const patch = response['patch'];
  const type = response['patchType'];
  if (patch === undefined || patch === null || patch === '') {
    if (type !== undefined && type !== null) throw invalid('webhook returned response.patchType but not response.patch');
    return undefined;
  }
  if (type !== 'JSONPatch') throw invalid(`webhook returned invalid response.patchType of ${JSON.stringify(text(type))}`);
  // Over the wire it is base64 of JSON; a program of the simulation may hand the list itself.
  if (typeof patch !== 'string') return patch as Json;
  try {
    return JSON.parse(decodeBase64(patch) ?? '') as Json;
  } catch {
    throw invalid('error decoding patch: invalid character looking for beginning of value');
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

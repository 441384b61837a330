// Custom resources between their versions, by the webhook that their definition names (ConversionReview). Follows apiextensions-apiserver's
// pkg/apiserver/conversion/webhook_converter.go: what is sent, what is held against an answer, and in which words.
import type { CustomResourceDefinition } from '../../../api/apiextensions/types.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { WebhookError, type WebhookCaller } from '../admission/webhook/webhook-caller.ts';
import { unknownError } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

const timeoutSeconds = 30;
const reviewVersions = ['v1', 'v1beta1'];

interface Answer {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly response?: { readonly uid?: string; readonly convertedObjects?: readonly StoredObject[]; readonly result?: { readonly status?: string; readonly message?: string } };
}

export class WebhookConverter {
  private readonly host: Host;
  private readonly definition: CustomResourceDefinition;
  private readonly caller: WebhookCaller;
  /** Objects are never changed, so what one of them is in another version holds as long as it lives. */
  private readonly known = new WeakMap<StoredObject, Map<string, StoredObject>>();

  constructor(host: Host, definition: CustomResourceDefinition, caller: WebhookCaller) {
    this.host = host;
    this.definition = definition;
    this.caller = caller;
  }

  /** The object in that version, which `convert` has fetched before. */
  find(object: StoredObject, apiVersion: string): StoredObject {
    const found = object.apiVersion === apiVersion ? object : this.known.get(object)?.get(apiVersion);
    if (found === undefined) throw unknownError(`conversion webhook for ${kindOf(object)} failed: it was not asked for ${apiVersion}`);
    return found;
  }

  /** Asks the webhook for those that are not known in that version yet, all at once. Throws what the server answers when it fails. */
  *convert(objects: readonly StoredObject[], apiVersion: string): Task<void> {
    const wanted = objects.filter((object) => object.apiVersion !== apiVersion && this.known.get(object)?.has(apiVersion) !== true);
    const [first] = wanted;
    if (first === undefined) return;
    const fail = (what: string) => unknownError(`conversion webhook for ${kindOf(first)} ${what}`);
    const converted = yield* this.ask(wanted, apiVersion, fail);
    if (converted.length !== wanted.length) throw fail(`returned ${converted.length} objects, expected ${wanted.length}`);
    wanted.forEach((object, index) => {
      const result = converted[index] as StoredObject;
      const problem = problemOf(object, result, apiVersion);
      if (problem !== undefined) throw fail(`returned invalid converted object at index ${index}: ${problem}`);
      let versions = this.known.get(object);
      if (versions === undefined) this.known.set(object, (versions = new Map()));
      versions.set(apiVersion, withOwnMetadata(object, result));
    });
  }

  private *ask(objects: readonly StoredObject[], desiredAPIVersion: string, fail: (what: string) => Error): Task<readonly StoredObject[]> {
    const { webhook } = this.definition.spec.conversion ?? {};
    const version = webhook?.conversionReviewVersions?.find((each) => reviewVersions.includes(each));
    if (version === undefined) throw unknownError('no supported conversion review versions');
    const uid = `${this.host.random.hex(8)}-${this.host.random.hex(4)}-4${this.host.random.hex(3)}-8${this.host.random.hex(3)}-${this.host.random.hex(12)}`;
    const review = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${version}`, request: { uid, desiredAPIVersion, objects } };
    let answer: Answer;
    try {
      answer = (yield* this.caller.call({ name: `conversion_webhook_for_${this.definition.metadata.name}`, clientConfig: webhook?.clientConfig ?? {}, timeoutSeconds }, review, 'ConversionReview')) as Answer;
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error;
      throw fail(`failed: ${error.message.replace(/^failed to call webhook: /, '')}`);
    }
    const { response } = answer;
    if (version === 'v1') {
      const got = kindOf(answer as unknown as StoredObject);
      if (got !== kindOf(review as unknown as StoredObject)) throw fail(`failed: expected webhook response of ${kindOf(review as unknown as StoredObject)}, got ${got}`);
    }
    if (response === undefined || response === null) throw fail('failed: no response provided');
    if (version === 'v1' && response.uid !== uid) throw fail(`failed: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
    const { status = '', message = '' } = response.result ?? {};
    if (status !== 'Success') throw fail(`failed: ${message === '' ? `response.result.status was '${status}', not 'Success'` : message}`);
    return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
  }
}

/** `stable.example.com/v1, Kind=CronTab` */
const kindOf = ({ apiVersion = '', kind = '' }: Partial<StoredObject>): string => `${apiVersion}, Kind=${kind}`;

/** What a webhook may not change. */
function problemOf(before: StoredObject, after: StoredObject, apiVersion: string): string | undefined {
  if (typeof after !== 'object' || after === null || typeof after.metadata !== 'object' || after.metadata === null) return 'missing metadata';
  if (after.apiVersion !== apiVersion) return `invalid groupVersion (expected ${apiVersion}, received ${String(after.apiVersion)})`;
  if (after.kind !== before.kind) return `invalid kind (expected ${before.kind}, received ${String(after.kind)})`;
  for (const [field, words] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const [is, was] = [after.metadata[field] ?? '', before.metadata[field] ?? ''];
    if (is !== was) return `must have the same ${words}: ${was} != ${is}`;
  }
  return undefined;
}

/** Of the metadata only labels and annotations are the webhook's. */
function withOwnMetadata(before: StoredObject, after: StoredObject): StoredObject {
  const { labels: _labels, annotations: _annotations, ...kept } = before.metadata;
  const { labels, annotations } = after.metadata;
  return { ...after, metadata: { ...kept, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) } };
}

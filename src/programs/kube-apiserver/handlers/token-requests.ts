// serviceaccounts/token: a signed, expiring token, bound to a pod (and through it to a node), a secret or a node.
import { formatTime } from '../../../api/meta/time.ts';
import type { ApiError } from '../../../client/api-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { decodePrivateKey } from '../../../wire/tls-handshake.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import { fieldsOf, specOf } from '../admission/plugin.ts';
import { formatFieldError } from '../api-room.ts';
import type { Config } from '../config.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { RestStore, Target } from '../registry/rest-store.ts';
import { encodeToken, type BoundObject, type TokenClaims } from '../../../wire/service-account-token.ts';
import { badRequest, conflict, internalError, invalid, notFound } from '../status.ts';
import { keyFor, type Collections } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { respond } from './negotiate.ts';

const yearSeconds = 365 * 24 * 3600;
const leastSeconds = 600;
const mostSeconds = 2 ** 32;

export class TokenRequests {
  private readonly host: Host;
  private readonly config: Config;
  private readonly store: RestStore;
  private readonly storage: Storage;
  private readonly collections: Collections;
  private readonly admission: AdmissionChain;
  private readonly privateKey: string | undefined;

  constructor(parts: { host: Host; config: Config; store: RestStore; storage: Storage; collections: Collections; admission: AdmissionChain }) {
    this.host = parts.host;
    this.config = parts.config;
    this.store = parts.store;
    this.storage = parts.storage;
    this.collections = parts.collections;
    this.admission = parts.admission;
    const file = parts.config.serviceAccountSigningKeyFile;
    this.privateKey = file === undefined ? undefined : decodePrivateKey(parts.host.disk.readText(file) ?? '');
  }

  *create(request: ApiRequest, target: Target, body: unknown): Task<HttpResponse> {
    if (this.privateKey === undefined) throw internalError('service account token signing is not configured');
    const account = yield* this.store.get(target, '0');
    const given = fieldsOf(body);
    const spec = fieldsOf(given['spec']);
    yield* this.admission.validate(this.store.admissionRequest(request, target, 'CREATE', { metadata: { name: target.name }, ...given } as StoredObject, undefined), request);
    const audiences = (spec['audiences'] ?? []) as readonly string[];
    const aud = audiences.length > 0 ? audiences : this.config.apiAudiences;
    let seconds = Number(spec['expirationSeconds'] ?? 3600);
    const refuse = (detail: string): ApiError => invalid('authentication.k8s.io', 'TokenRequest', '', [{ type: 'Invalid', field: 'spec.expirationSeconds', value: seconds, detail }], formatFieldError);
    if (!(seconds >= leastSeconds)) throw refuse('may not specify a duration less than 10 minutes');
    if (seconds > mostSeconds) throw refuse('may not specify a duration larger than 2^32 seconds');
    const ref = spec['boundObjectRef'] === undefined || spec['boundObjectRef'] === null ? undefined : fieldsOf(spec['boundObjectRef']);
    const bound = ref === undefined ? {} : yield* this.bind(target, ref);
    const nowSeconds = Math.floor(this.host.clock.wallMs() / 1000);
    let warnAfter: number | undefined;
    // Tokens for pods that ask for an hour live a year, so that old clients go on; they are warned about.
    if (ref?.['kind'] === 'Pod' && seconds === 3607 && audiences.length === 0) {
      warnAfter = nowSeconds + seconds;
      seconds = yearSeconds;
    }
    const claims: TokenClaims = {
      aud,
      exp: nowSeconds + seconds,
      iat: nowSeconds,
      iss: this.config.serviceAccountIssuer,
      jti: this.store.newUid(),
      'kubernetes.io': {
        namespace: target.namespace,
        ...bound,
        serviceaccount: { name: target.name, uid: account.metadata.uid ?? '' },
        ...(warnAfter === undefined ? {} : { warnafter: warnAfter }),
      },
      nbf: nowSeconds,
      sub: `system:serviceaccount:${target.namespace}:${target.name}`,
    };
    const token = request.dryRun ? '' : encodeToken(claims, this.privateKey);
    const answer = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: target.name, namespace: target.namespace, creationTimestamp: formatTime(this.host.clock.wallMs()) },
      spec: { ...spec, audiences: aud, expirationSeconds: Number(spec['expirationSeconds'] ?? 3600) },
      status: { token, expirationTimestamp: formatTime((warnAfter ?? claims.exp) * 1000) },
    };
    return respond(201, answer, undefined, request.warnings);
  }

  private *bind(target: Target, ref: Readonly<Record<string, unknown>>): Task<{ pod?: BoundObject; node?: BoundObject; secret?: BoundObject }> {
    const kind = String(ref['kind']);
    const name = String(ref['name']);
    const plural = ref['apiVersion'] !== 'v1' ? undefined : kind === 'Pod' ? 'pods' : kind === 'Secret' ? 'secrets' : kind === 'Node' ? 'nodes' : undefined;
    if (plural === undefined) throw badRequest(`cannot bind token to object of type ${String(ref['apiVersion'] ?? '')}, Kind=${kind}`);
    const prefix = plural === 'nodes' ? 'minions' : plural;
    const namespace = plural === 'nodes' ? '' : target.namespace;
    // The local copy may be behind an object that was made a moment ago.
    const found = this.collections.get(prefix, namespace, name) ?? (yield* this.storage.get(keyFor(prefix, namespace, name)));
    if (found === undefined) throw notFound({ group: '', resource: plural }, name);
    const own: BoundObject = { name, uid: found.metadata.uid ?? '' };
    const uid = ref['uid'];
    if (kind === 'Pod' && specOf(found)['serviceAccountName'] !== target.name) throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`);
    if (uid !== undefined && uid !== '' && uid !== own.uid) throw conflict({ group: '', resource: kind }, name, `the UID in the bound object reference (${String(uid)}) does not match the UID in record (${own.uid}). The object might have been deleted and then recreated`);
    if (kind === 'Secret') return { secret: own };
    if (kind === 'Node') return { node: own };
    const nodeName = String(specOf(found)['nodeName'] ?? '');
    if (nodeName === '') return { pod: own };
    return { pod: own, node: { name: nodeName, uid: this.collections.get('minions', '', nodeName)?.metadata.uid ?? '' } };
  }
}

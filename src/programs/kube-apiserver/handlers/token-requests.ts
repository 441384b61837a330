// serviceaccounts/token: a signed, expiring token, bound to a pod (and through it to a node), a secret or a node.
import { formatTime } from '../../../api/meta/time.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { decodePrivateKey } from '../../../wire/tls-handshake.ts';
import { fieldsOf, specOf } from '../admission/plugin.ts';
import { formatFieldError } from '../api-room.ts';
import type { Config } from '../config.ts';
import type { ApiRequest } from '../registry/request.ts';
import type { RestStore, Target } from '../registry/rest-store.ts';
import { encodeToken, type BoundObject, type TokenClaims } from '../stages/service-account-token.ts';
import { nodeNameOf } from '../stages/user.ts';
import { conflict, forbidden, internalError, invalid, notFound } from '../status.ts';
import type { Collections } from '../storage/collections.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { respond } from './negotiate.ts';

const yearSeconds = 365 * 24 * 3600;

export class TokenRequests {
  private readonly host: Host;
  private readonly config: Config;
  private readonly store: RestStore;
  private readonly collections: Collections;
  private readonly privateKey: string | undefined;

  constructor(parts: { host: Host; config: Config; store: RestStore; collections: Collections }) {
    this.host = parts.host;
    this.config = parts.config;
    this.store = parts.store;
    this.collections = parts.collections;
    const file = parts.config.serviceAccountSigningKeyFile;
    this.privateKey = file === undefined ? undefined : decodePrivateKey(parts.host.disk.readText(file) ?? '');
  }

  *create(request: ApiRequest, target: Target, body: unknown): Task<HttpResponse> {
    if (this.privateKey === undefined) throw internalError('service account token signing is not configured');
    const account = yield* this.store.get(target, '0');
    const given = fieldsOf(body);
    const spec = fieldsOf(given['spec']);
    const audiences = (spec['audiences'] ?? []) as readonly string[];
    const aud = audiences.length > 0 ? audiences : this.config.apiAudiences;
    let seconds = Number(spec['expirationSeconds'] ?? 3600);
    if (seconds < 600) throw invalid('authentication.k8s.io', 'TokenRequest', target.name, [{ type: 'Invalid', field: 'spec.expirationSeconds', value: seconds, detail: 'may not specify a duration less than 10 minutes' }], formatFieldError);
    const ref = spec['boundObjectRef'] === undefined || spec['boundObjectRef'] === null ? undefined : fieldsOf(spec['boundObjectRef']);
    const bound = ref === undefined ? {} : yield* this.bind(request, target, ref);
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

  private *bind(request: ApiRequest, target: Target, ref: Readonly<Record<string, unknown>>): Task<{ pod?: BoundObject; node?: BoundObject; secret?: BoundObject }> {
    const kind = String(ref['kind']);
    const name = String(ref['name']);
    const plural = kind === 'Pod' ? 'pods' : kind === 'Secret' ? 'secrets' : kind === 'Node' ? 'nodes' : undefined;
    if (plural === undefined) throw invalid('authentication.k8s.io', 'TokenRequest', target.name, [{ type: 'Invalid', field: 'spec.boundObjectRef', value: kind, detail: `cannot bind token for serviceaccount "${target.name}" to object type ${kind}` }], formatFieldError);
    const found = this.collections.get(plural === 'nodes' ? 'minions' : plural, plural === 'nodes' ? '' : target.namespace, name);
    if (found === undefined) throw notFound({ group: '', resource: plural }, name);
    const uid = ref['uid'];
    if (uid !== undefined && uid !== '' && uid !== found.metadata.uid) throw conflict({ group: '', resource: plural }, name, `the UID in the bound object reference (${String(uid)}) does not match the UID in record. The object might have been deleted and then recreated`);
    const own: BoundObject = { name, uid: found.metadata.uid ?? '' };
    const asking = nodeNameOf(request.user);
    if (asking !== undefined && kind !== 'Pod') throw forbidden({ group: '', resource: 'serviceaccounts' }, target.name, `node requested token not bound to a pod`);
    if (kind === 'Secret') return { secret: own };
    if (kind === 'Node') return { node: own };
    return this.boundPod(request, target, found, own, asking);
  }

  private boundPod(_request: ApiRequest, target: Target, pod: StoredObject, own: BoundObject, asking: string | undefined): { pod: BoundObject; node?: BoundObject } {
    const spec = specOf(pod);
    if (spec['serviceAccountName'] !== target.name) throw forbidden({ group: '', resource: 'serviceaccounts' }, target.name, `cannot bind token for serviceaccount "${target.name}" to pod running with different serviceaccount name.`);
    const nodeName = String(spec['nodeName'] ?? '');
    if (asking !== undefined && nodeName !== asking) throw forbidden({ group: '', resource: 'serviceaccounts' }, target.name, `node requested token bound to a pod scheduled on a different node`);
    const node = nodeName === '' ? undefined : this.collections.get('minions', '', nodeName);
    return { pod: own, ...(nodeName === '' ? {} : { node: { name: nodeName, uid: node?.metadata.uid ?? '' } }) };
  }
}

// Secrets of type kubernetes.io/service-account-token: each gets a token that does not end, the authority's certificate and its namespace, for as long
// as its account lives.
import { decodeBase64, encodeBase64 } from '../../../api/meta/base64.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { encodeToken, legacyIssuer } from '../../../wire/service-account-token.ts';
import { decodePrivateKey } from '../../../wire/tls-handshake.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, splitKey } from '../shared/objects.ts';

interface Secret extends ApiObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

const controller = 'serviceaccount-token-controller';
const tokenType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

export function startServiceAccountTokenController(context: ControllerContext): void {
  const { flags, host } = context;
  const file = flags.get('service-account-private-key-file');
  const privateKey = file === undefined ? undefined : decodePrivateKey(host.disk.readText(file) ?? '');
  // Without the key there is nothing to sign with, and the loop does not run.
  if (privateKey === undefined) return;
  const authority = host.disk.readText(flags.get('root-ca-file') ?? '') ?? '';
  const secrets = context.informer<Secret>(refs.secrets);
  const accounts = context.informer(refs.serviceAccounts);
  const queue = context.queue('serviceaccount_tokens_secret');
  secrets.onChange(({ type, object }) => {
    if (type !== 'delete' && object.type === tokenType) queue.add(keyOf(object));
  });
  accounts.onChange(({ type, object }) => {
    if (type !== 'update') for (const secret of tokensOf(object)) queue.add(keyOf(secret));
  });

  const tokensOf = (account: ApiObject): readonly Secret[] => secrets.list(account.metadata.namespace).filter((secret) => secret.type === tokenType && secret.metadata.annotations?.[nameAnnotation] === account.metadata.name);

  function* reconcile(key: string): Task<void> {
    const secret = secrets.get(key);
    if (secret === undefined || secret.type !== tokenType || secret.metadata.deletionTimestamp !== undefined) return;
    const { namespace } = splitKey(key);
    const name = secret.metadata.annotations?.[nameAnnotation] ?? '';
    const account = yield* liveAccount(namespace, name);
    const wantedUid = secret.metadata.annotations?.[uidAnnotation];
    try {
      if (account === undefined || (wantedUid !== undefined && wantedUid !== '' && wantedUid !== account.metadata.uid)) {
        yield* context.root.delete(refs.secrets, namespace, secret.metadata.name, { ...(secret.metadata.uid === undefined ? {} : { preconditions: { uid: secret.metadata.uid } }) });
        context.decided(controller, key, 'deleted', { says: 'message', message: `service account ${JSON.stringify(name)} is not there` });
      } else yield* complete(secret, account, namespace);
    } catch (error) {
      if (isConflict(error)) throw new RetryError('changed meanwhile');
      if (!isNotFound(error)) throw error;
    }
  }

  /** The copy may lack an account that was made a moment ago. */
  function* liveAccount(namespace: string, name: string): Task<ApiObject | undefined> {
    const known = accounts.get(`${namespace}/${name}`);
    if (known !== undefined || name === '') return known;
    try {
      return yield* context.root.get(refs.serviceAccounts, namespace, name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  function* complete(secret: Secret, account: ApiObject, namespace: string): Task<void> {
    const uid = account.metadata.uid ?? '';
    const { name } = account.metadata;
    const data = secret.data ?? {};
    const whole = { ...data, 'ca.crt': encodeBase64(authority), namespace: encodeBase64(namespace), token: data['token'] ?? encodeBase64(newToken(secret, name, uid, namespace)) };
    const same = Object.entries(whole).every(([key, value]) => data[key] === value) && secret.metadata.annotations?.[uidAnnotation] === uid;
    if (same || decodeBase64(whole.token) === undefined) return;
    yield* context.root.update<Secret>(refs.secrets, namespace, { ...secret, apiVersion: 'v1', kind: 'Secret', metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [uidAnnotation]: uid } }, data: whole });
    context.decided(controller, keyOf(secret), 'completed', { says: 'message', message: `token of service account ${JSON.stringify(name)}` });
  }

  function newToken(secret: Secret, name: string, uid: string, namespace: string): string {
    return encodeToken(
      {
        iss: legacyIssuer,
        'kubernetes.io/serviceaccount/namespace': namespace,
        'kubernetes.io/serviceaccount/secret.name': secret.metadata.name,
        'kubernetes.io/serviceaccount/service-account.name': name,
        'kubernetes.io/serviceaccount/service-account.uid': uid,
        sub: `system:serviceaccount:${namespace}:${name}`,
      },
      privateKey as string,
    );
  }

  context.start({ name: controller, queue, workers: 1, needs: [secrets, accounts], reconcile });
}

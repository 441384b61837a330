// What joining machines need: kube-public/cluster-info is signed with each bootstrap token, and tokens go when they have expired.
import { decodeBase64 } from '../../../api/meta/base64.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { signClusterInfo } from '../../../wire/bootstrap-signature.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';

type Secret = ApiObject & { readonly type?: string; readonly data?: Readonly<Record<string, string>> };
type ConfigMap = ApiObject & { readonly data?: Readonly<Record<string, string>> };

const tokenType = 'bootstrap.kubernetes.io/token';
const infoKey = 'kube-public/cluster-info';
const prefix = 'jws-kubeconfig-';

const isToken = (object: ApiObject): boolean => (object as Secret).type === tokenType && object.metadata.namespace === 'kube-system';
const field = (secret: Secret, name: string): string => decodeBase64(secret.data?.[name] ?? '') ?? '';

function expiresMs(secret: Secret): number | undefined {
  return parseTime(field(secret, 'expiration'));
}

export function startBootstrapSigner(context: ControllerContext): void {
  const client = context.client('bootstrap-signer');
  const secrets = context.informer<Secret>(refs.secrets);
  const maps = context.informer<ConfigMap>(refs.configMaps);
  const queue = context.queue('bootstrap_signer_queue');
  secrets.onChange(({ object }) => {
    if (isToken(object)) queue.add(infoKey);
  });
  maps.onChange(({ object }) => {
    if (object.metadata.name === 'cluster-info' && object.metadata.namespace === 'kube-public') queue.add(infoKey);
  });

  function* reconcile(): Task<void> {
    const info = maps.get(infoKey);
    const kubeconfig = info?.data?.['kubeconfig'];
    if (info === undefined || kubeconfig === undefined) return;
    const wanted: Record<string, string> = {};
    for (const secret of secrets.list('kube-system')) {
      if (!isToken(secret) || field(secret, 'usage-bootstrap-signing') !== 'true') continue;
      const expired = expiresMs(secret);
      if (expired !== undefined && expired < context.wallMs()) continue;
      const id = field(secret, 'token-id');
      wanted[`${prefix}${id}`] = signClusterInfo(kubeconfig, id, field(secret, 'token-secret'));
    }
    const rest = Object.entries(info.data ?? {}).filter(([key]) => !key.startsWith(prefix));
    const data = { ...Object.fromEntries(rest), ...wanted };
    if (Object.keys(data).length === Object.keys(info.data ?? {}).length && Object.entries(data).every(([key, value]) => info.data?.[key] === value)) return;
    try {
      yield* client.update<ConfigMap>(refs.configMaps, 'kube-public', { ...info, apiVersion: 'v1', kind: 'ConfigMap', data });
    } catch (error) {
      if (isConflict(error)) throw new RetryError('cluster-info changed meanwhile');
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'bootstrap-signer', queue, workers: 1, needs: [secrets, maps], reconcile });
}

export function startTokenCleaner(context: ControllerContext): void {
  const client = context.client('token-cleaner');
  const secrets = context.informer<Secret>(refs.secrets);
  const queue = context.queue('token_cleaner');
  secrets.onChange(({ type, object }) => {
    if (type !== 'delete' && isToken(object)) queue.add(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
  });

  function* reconcile(key: string): Task<void> {
    const secret = secrets.get(key);
    if (secret === undefined) return;
    const expires = expiresMs(secret);
    if (expires === undefined) return;
    const leftMs = expires - context.wallMs();
    if (leftMs > 0) {
      queue.addAfter(key, leftMs);
      return;
    }
    try {
      yield* client.delete(refs.secrets, secret.metadata.namespace ?? '', secret.metadata.name, secret.metadata.uid === undefined ? {} : { preconditions: { uid: secret.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'token-cleaner', queue, workers: 1, needs: [secrets], reconcile });
}

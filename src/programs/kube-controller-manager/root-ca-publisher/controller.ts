// Every namespace has a ConfigMap kube-root-ca.crt, by which pods know the API server.
import type { ApiObject } from '../../../api/meta/object.ts';
import { isAlreadyExists, isNamespaceTerminating } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';

const name = 'kube-root-ca.crt';
const description = 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

interface ConfigMap extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function startRootCaPublisher(context: ControllerContext): void {
  const client = context.client('root-ca-cert-publisher');
  const authority = context.host.disk.readText(context.flags.get('root-ca-file') ?? '/etc/kubernetes/pki/ca.crt') ?? '';
  const namespaces = context.informer(refs.namespaces);
  const maps = context.informer<ConfigMap>(refs.configMaps);
  const queue = context.queue('root_ca_cert_publisher');
  namespaces.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(object.metadata.name);
  });
  maps.onChange(({ type, object }) => {
    if (object.metadata.name === name && (type !== 'add' || object.data?.['ca.crt'] !== authority)) queue.add(object.metadata.namespace ?? '');
  });

  function* reconcile(namespace: string): Task<void> {
    const found = namespaces.get(namespace) as { readonly status?: { readonly phase?: string } } | undefined;
    if (found === undefined || found.status?.phase === 'Terminating') return;
    const existing = maps.get(`${namespace}/${name}`);
    if (existing?.data?.['ca.crt'] === authority) return;
    const wanted: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...existing?.metadata, name, namespace, annotations: { ...existing?.metadata.annotations, 'kubernetes.io/description': description } },
      data: { 'ca.crt': authority },
    };
    try {
      if (existing === undefined) yield* client.create(refs.configMaps, namespace, wanted);
      else yield* client.update(refs.configMaps, namespace, wanted);
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
    }
  }

  context.start({ name: 'root-ca-cert-publisher', queue, workers: 1, needs: [namespaces, maps], reconcile });
}

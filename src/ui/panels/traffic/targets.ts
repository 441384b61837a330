import type { ObjectRecord } from '../../../scene/records.ts';

/** What a client can ask of a Service: one target for each of its TCP ports, `web.default`, with the port where it is not 80. */
export function targetsOf({ kind, namespace, name, summary }: Pick<ObjectRecord, 'kind' | 'namespace' | 'name' | 'summary'>): readonly string[] {
  if (kind !== 'Service' || namespace === 'kube-system' || (namespace === 'default' && name === 'kubernetes')) return [];
  // `NodePort 10.104.155.95 80:31299/TCP,53/UDP`: a client asks the Service's own port, not the nodes'.
  return [...summary.matchAll(/(?:^|[ ,])(\d+)(?::\d+)?\/TCP/g)].map(([, port]) => `${name}.${namespace}${port === '80' ? '' : `:${port}`}`);
}

// What the two measurements of the API write: pods that no scheduler cares for, so that only the API is measured.
export const podCount = 5000;
export const watcherCount = 1000;
export const namespace = 'default';

export const podPath = `/api/v1/namespaces/${namespace}/pods`;
export const configMapPath = `/api/v1/namespaces/${namespace}/configmaps`;

export function pod(number: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `bench-${number}`, namespace, labels: { app: 'bench' } },
    spec: { schedulerName: 'nobody', automountServiceAccountToken: false, containers: [{ name: 'main', image: 'nginx:1.27' }] },
  };
}

export function configMap(number: number, round: number): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `bench-${number}`, namespace }, data: { round: String(round) } };
}

// metrics-server in a whole cluster, applied as a person does: without it, with a kubelet's certificate that nobody vouches for, and with figures.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';

const manifest = readFileSync(new URL('../ui/panels/editor/examples/metrics-server.yaml', import.meta.url), 'utf8');

function shell(world: World, line: string): string {
  let said = '';
  const process = world.spawn('laptop', { program: 'sh', args: ['-c', line], privileged: true, onOutput: (_, part) => (said += part) });
  world.run(world.nowMs + 60_000, () => process.exit !== undefined);
  return said;
}

const apply = (world: World, yaml: string): string => shell(world, `kubectl apply -f - <<'EOF'\n${yaml}EOF\n`);

describe('metrics-server', () => {
  it('gives kubectl top its figures, and a reader of one namespace no others', () => {
    const { world } = createCluster('default', { seed: 3, nodes: 2 });
    world.run(60_000);
    expect(shell(world, 'kubectl top nodes')).toBe('error: Metrics API not available\n');
    shell(world, 'kubectl create deployment web --image=nginx --replicas=2 && kubectl create namespace other && kubectl create serviceaccount reader && kubectl create rolebinding reader --clusterrole=view --serviceaccount=default:reader');
    expect(apply(world, manifest.replace('        - --kubelet-insecure-tls\n', ''))).toContain('apiservice.apiregistration.k8s.io/v1beta1.metrics.k8s.io created');
    world.run(world.nowMs + 60_000);
    // A kubelet that signed its own certificate: nothing to serve, so not ready, so no endpoints, so not available.
    expect(shell(world, 'kubectl logs -n kube-system deploy/metrics-server')).toMatch(/Failed to scrape node" err="Get \\"https:\/\/[\d.]+:10250\/metrics\/resource\\": tls: failed to verify certificate: x509: cannot validate certificate for [\d.]+ because it doesn't contain any IP SANs" node="w1-k8s"/);
    expect(shell(world, 'kubectl get apiservice v1beta1.metrics.k8s.io -o jsonpath={.status.conditions[0].reason}')).toBe('MissingEndpoints');
    expect(shell(world, 'kubectl top pods')).toBe('error: Metrics API not available\n');
    apply(world, manifest);
    world.run(world.nowMs + 90_000);
    expect(shell(world, 'kubectl get apiservice v1beta1.metrics.k8s.io --no-headers')).toMatch(/^v1beta1.metrics.k8s.io +kube-system\/metrics-server +True +/);
    expect(shell(world, 'kubectl top pods')).toMatch(/^NAME +CPU\(cores\) +MEMORY\(bytes\) *\nweb-\S+ +0m +6Mi *\nweb-\S+ +0m +6Mi *\n$/);
    const nodes = shell(world, 'kubectl top nodes');
    expect(nodes).toMatch(/^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *\n/);
    expect(nodes.split('\n')).toHaveLength(5);
    expect(Number(/^m-k8s +(\d+)m/m.exec(nodes)?.[1])).toBeGreaterThan(0);
    expect(shell(world, 'kubectl top pod -n kube-system -l component=etcd --containers --no-headers')).toMatch(/^etcd-m-k8s +etcd +\d+m +64Mi *\n$/);
    expect(shell(world, 'kubectl top pods -n other')).toBe('No resources found in other namespace.\n');
    expect(shell(world, 'kubectl top pods nothing')).toBe('Error from server (NotFound): pods "nothing" not found\n');
    expect(shell(world, 'kubectl top pods --as=system:serviceaccount:default:reader --no-headers | wc -l').trim()).toBe('2');
    expect(shell(world, 'kubectl top pods -n kube-system --as=system:serviceaccount:default:reader')).toBe('Error from server (Forbidden): pods.metrics.k8s.io is forbidden: User "system:serviceaccount:default:reader" cannot list resource "pods" in API group "metrics.k8s.io" in the namespace "kube-system"\n');
    expect(shell(world, 'kubectl get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods')).toMatch(/"window":"1[45](\.\d+)?s","containers":\[{"name":"nginx","usage":{"cpu":"\w+","memory":"6Mi"}}\]/);
    expect(shell(world, 'kubectl get nodes.metrics.k8s.io')).toMatch(/^NAME +CPU +MEMORY +WINDOW *\nm-k8s /);
    // What it says of its kinds is told by the API server.
    expect(shell(world, 'kubectl explain nodes --api-version=metrics.k8s.io/v1beta1')).toMatch(/^GROUP: +metrics\.k8s\.io\nKIND: +NodeMetrics\nVERSION: +v1beta1\n\nDESCRIPTION:\n +NodeMetrics are what a node uses\.[^]*\n {2}timestamp\t<string> -required-\n[^]*\n {2}usage\t<map\[string\]Quantity> -required-\n[^]*\n {2}window\t<string> -required-\n/);
    expect(shell(world, 'kubectl explain pods.containers.name --api-version=metrics.k8s.io/v1beta1')).toContain("FIELD: name <string>");
    // The core's nodes come first, as in life.
    expect(shell(world, 'kubectl explain nodes.metrics.k8s.io')).toBe('KIND:       Node\nVERSION:    v1\n\nerror: field "io" does not exist\n');
    expect(shell(world, 'kubectl get --raw /openapi/v2 | grep -o io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetricsList | sort -u').trim()).toBe('io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetricsList');
  });
});

// Gives every node a piece of the cluster's pod network (--allocate-node-cidrs).
import { isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs, type Node } from '../shared/objects.ts';
import { CidrSet } from './cidr-set.ts';

export function startNodeIpamController(context: ControllerContext): void {
  const clusterCidr = context.flags.get('cluster-cidr');
  if (!context.flags.bool('allocate-node-cidrs', false) || clusterCidr === undefined) return;
  const client = context.client('node-controller');
  const recorder = context.recorder('cidrAllocator', client);
  const nodes = context.informer<Node>(refs.nodes);
  const queue = context.queue('cidrallocator_node');
  const range = new CidrSet(clusterCidr, context.flags.number('node-cidr-mask-size', 24));
  const serviceRange = context.flags.get('service-cluster-ip-range');
  if (serviceRange !== undefined) range.occupy(serviceRange);
  /** Given out, and not yet seen in the cache. */
  const given = new Map<string, string>();
  nodes.onChange(({ type, object }) => {
    const cidr = object.spec?.podCIDR;
    if (type === 'delete' || cidr !== undefined) given.delete(object.metadata.name);
    if (type === 'delete') {
      if (cidr !== undefined) range.release(cidr);
    } else if (cidr !== undefined) range.occupy(cidr);
    else queue.add(object.metadata.name);
  });

  function* reconcile(name: string): Task<void> {
    const node = nodes.get(name);
    if (node === undefined || node.spec?.podCIDR !== undefined || given.has(name)) return;
    const cidr = range.allocate();
    if (cidr === undefined) {
      recorder.event({ ...node, apiVersion: 'v1', kind: 'Node' }, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      return;
    }
    given.set(name, cidr);
    try {
      yield* client.patch(refs.nodes, '', name, 'application/strategic-merge-patch+json', { spec: { podCIDR: cidr, podCIDRs: [cidr] } });
    } catch (error) {
      range.release(cidr);
      given.delete(name);
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'node-ipam', queue, workers: 1, needs: [nodes], reconcile });
}

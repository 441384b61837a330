// The list of loops, by the names that --controllers knows.
import type { ControllerContext } from './shared/context.ts';
import { startDeploymentController } from './deployment/controller.ts';
import { startEndpointsController } from './endpoints/controller.ts';
import { startEndpointSliceController } from './endpointslice/controller.ts';
import { startNamespaceController } from './namespace/controller.ts';
import { startNodeIpamController } from './node-ipam/controller.ts';
import { startNodeLifecycleController } from './node-lifecycle/controller.ts';
import { startReplicaSetController, startReplicationController } from './replicaset/controller.ts';
import { startRootCaPublisher } from './root-ca-publisher/controller.ts';
import { startServiceAccountController } from './serviceaccount/controller.ts';
import { startTaintEvictionController } from './taint-eviction/controller.ts';

const controllers: Readonly<Record<string, (context: ControllerContext) => void>> = {
  'serviceaccount-controller': startServiceAccountController,
  'root-ca-certificate-publisher-controller': startRootCaPublisher,
  'namespace-controller': startNamespaceController,
  'node-ipam-controller': startNodeIpamController,
  'node-lifecycle-controller': startNodeLifecycleController,
  'taint-eviction-controller': startTaintEvictionController,
  'replicaset-controller': startReplicaSetController,
  'replicationcontroller-controller': startReplicationController,
  'deployment-controller': startDeploymentController,
  'endpoints-controller': startEndpointsController,
  'endpointslice-controller': startEndpointSliceController,
};

/** `--controllers=*,-name`: a name with a dash is left out. */
export function startControllers(context: ControllerContext): void {
  const chosen = context.flags.list('controllers');
  const all = chosen.length === 0 || chosen.includes('*');
  for (const [name, start] of Object.entries(controllers)) {
    if (chosen.includes(`-${name}`) || (!all && !chosen.includes(name))) continue;
    start(context);
  }
}

// kubelet: the agent of a node. Runs the pods that the API server binds to it and those of its manifests folder, and reports on them.
import type { Host, PrivilegedHost, Program } from '../../kernel/host.ts';
import { milliValue, wholeValue } from '../../api/meta/quantity.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { createApiClient } from '../../client/rest-client.ts';
import { readConfig } from './config.ts';
import type { KubeletEvent } from './events.ts';
import { Kubelet } from './kubelet.ts';
import { serveKubelet } from './server.ts';
import { watchStaticPods } from './static-pods.ts';

export const kubelet: Program = {
  name: 'kubelet',
  *main(host: Host, args) {
    const privileged = host as PrivilegedHost;
    const config = readConfig(privileged, args, wholeValue, milliValue);
    const kubeconfig = config.kubeconfig === undefined ? undefined : loadKubeconfig(host, config.kubeconfig);
    const client =
      kubeconfig === undefined
        ? undefined
        : createApiClient(host, {
            server: kubeconfig.server,
            tls: kubeconfig.tls,
            ...(kubeconfig.token === undefined ? {} : { token: kubeconfig.token }),
            userAgent: `kubelet/${config.version} (linux/amd64) kubernetes`,
            family: 'kubelet',
          });
    host.usage.memoryBytes = 90 << 20;
    host.trace.emit<KubeletEvent>({ type: 'kubelet.started', node: config.nodeName, standalone: client === undefined });
    const agent = new Kubelet(privileged, config, client);
    host.trace.expose('pods', () => [...agent.workers.values()].map((worker) => ({ pod: `${worker.pod.metadata.namespace ?? 'default'}/${worker.pod.metadata.name}`, uid: worker.uid, status: worker.status })));
    host.tasks.spawn('server', serveKubelet(agent));
    agent.start();
    yield* watchStaticPods(agent);
    return 0;
  },
};

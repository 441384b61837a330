// kubelet: the agent of a node. Runs the pods that the API server binds to it and those of its manifests folder, and reports on them.
import type { Host, PrivilegedHost, Program } from '../../kernel/host.ts';
import { milliValue, wholeValue } from '../../api/meta/quantity.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { packageVersion } from '../images/releases.ts';
import { createApiClient } from '../../client/rest-client.ts';
import { Tally } from '../../wire/metrics.ts';
import { bootstrapIdentity, ClientCertificate } from './client-certificate.ts';
import { readConfig, type KubeletConfig } from './config.ts';
import type { KubeletEvent } from './events.ts';
import { Kubelet } from './kubelet.ts';
import { serveKubelet } from './server.ts';
import { watchStaticPods } from './static-pods.ts';

export const kubelet: Program = {
  name: 'kubelet',
  *main(host: Host, args) {
    const privileged = host as PrivilegedHost;
    if (args.includes('--version')) {
      host.output.write(`Kubernetes ${packageVersion(host.disk, 'kubelet')}\n`);
      return 0;
    }
    let config: KubeletConfig;
    try {
      config = readConfig(privileged, args, wholeValue, milliValue);
      if (config.kubeconfig !== undefined) yield* bootstrapIdentity(host, config.kubeconfig, config.bootstrapKubeconfig, config.nodeName);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      host.output.error(`E "command failed" err="${error.message}"\n`);
      return 1;
    }
    const kubeconfig = config.kubeconfig === undefined ? undefined : loadKubeconfig(host, config.kubeconfig);
    const own = kubeconfig?.tls.own;
    const certificate = kubeconfig === undefined || own?.privateKey === undefined ? undefined : new ClientCertificate(host, config.nodeName, own, kubeconfig.tls.trust);
    const requests = new Tally();
    const client =
      kubeconfig === undefined
        ? undefined
        : createApiClient(host, {
            server: kubeconfig.server,
            tls: certificate?.identity ?? kubeconfig.tls,
            ...(kubeconfig.token === undefined ? {} : { token: kubeconfig.token }),
            userAgent: `kubelet/${config.version} (linux/amd64) kubernetes`,
            family: 'kubelet',
            tally: requests,
          });
    host.usage.memoryBytes = 90 << 20;
    host.trace.emit<KubeletEvent>({ type: 'kubelet.started', node: config.nodeName, standalone: client === undefined });
    const agent = new Kubelet(privileged, config, client, requests);
    host.trace.expose('pods', () => [...agent.workers.values()].map((worker) => ({ pod: `${worker.pod.metadata.namespace ?? 'default'}/${worker.pod.metadata.name}`, uid: worker.uid, status: worker.status })));
    host.tasks.spawn('server', serveKubelet(agent));
    agent.start();
    if (certificate === undefined || client === undefined || !config.rotateCertificates) {
      yield* watchStaticPods(agent);
      return 0;
    }
    // Connections that show the old certificate are given up, so that everything goes on with the new one.
    host.tasks.spawn('static pods', watchStaticPods(agent));
    host.output.error(`E ${yield* certificate.keep(client, () => client.close())}\n`);
    return 1;
  },
};

// kubeadm version, config images list|pull, config print, kubeconfig user
import { issueCertificate } from '../../../wire/tls-handshake.ts';
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { criSocket } from '../../../wire/cri.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { pauseImage } from '../../images/catalog.ts';
import { releaseOf } from '../../images/releases.ts';
import { certificateLifeMs } from '../certificates.ts';
import { clusterConfigurationText } from '../cluster-configuration.ts';
import { fetchPlan, readPlan } from '../cluster-plan-source.ts';
import { Failure, type Context } from '../context.ts';
import { kubeconfigFile } from '../kubeconfig-file.ts';
import { loadSigner } from '../signer.ts';

export function* version(context: Context): Task<ExitCode> {
  const kubernetesVersion = context.version;
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
  context.say(context.flags.get('output') === 'short' ? kubernetesVersion : `kubeadm version: &version.Info{Major:"${major}", Minor:"${minor}", GitVersion:"${kubernetesVersion}", Platform:"linux/amd64"}`);
  return 0;
}

/** What a control plane of a version runs. */
function images(version: string): readonly string[] {
  const { corednsImage, etcdImage } = releaseOf(version);
  return [...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => `registry.k8s.io/${name}:${version}`), corednsImage, pauseImage, etcdImage];
}

const wantedVersion = (context: Context): string => context.flags.get('kubernetes-version') ?? context.version;

export function* imagesList(context: Context): Task<ExitCode> {
  for (const image of images(wantedVersion(context))) context.say(image);
  return 0;
}

export function* imagesPull(context: Context): Task<ExitCode> {
  yield* pullImages(context, wantedVersion(context), (image) => context.say(`[config/images] Pulled ${image}`));
  return 0;
}

export function* pullImages(context: Context, version: string, onPulled: (image: string) => void): Task<void> {
  const runtime = new HttpClient(context.host, criSocket, { family: 'runtime' });
  for (const image of images(version)) {
    const response = yield* runtime.call({ method: 'POST', path: '/runtime.v1.ImageService/PullImage', body: { image } }, { note: 'PullImage' });
    if (response.status >= 400) throw new Failure(`failed to pull image "${image}": ${(response.body as { readonly message?: string }).message ?? ''}`);
    onPulled(image);
  }
  runtime.close();
}

export function* printConfig(context: Context): Task<ExitCode> {
  context.host.output.write(clusterConfigurationText(yield* fetchPlan(context.api())));
  return 0;
}

/** A kubeconfig for somebody, signed by the cluster's authority: also how a kubelet whose certificate expired gets a new one. */
export function* kubeconfigUser(context: Context): Task<ExitCode> {
  const { flags, host } = context;
  const name = flags.get('client-name');
  if (name === undefined) throw new Failure('required flag(s) "client-name" not set');
  const said = host.output;
  // Only the kubeconfig goes to standard output, so that it can be redirected.
  const plan = yield* readPlan(quiet(context));
  const signer = loadSigner(context);
  const lifeMs = flags.durationMs('validity-period', certificateLifeMs);
  const identity = issueCertificate(host.random, { commonName: name, organizations: flags.all('org').flatMap((each) => each.split(',')), usages: ['client auth'], notBeforeMs: signer.wallMs - 300_000, notAfterMs: signer.wallMs + lifeMs }, signer.authorities.ca);
  said.write(kubeconfigFile({ server: `https://${plan.endpoint}`, ca: signer.authorities.ca.certificate, user: name, identity }));
  return 0;
}

function quiet(context: Context): Context {
  return Object.assign(Object.create(Object.getPrototypeOf(context) as object) as Context, context, { say: () => {} });
}

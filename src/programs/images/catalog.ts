// What the simulated registries hold: which program an image's entry point is, and how large it is. The cluster room writes these to the
// registries' disks. Repositories that are not listed exist as well where `isOpen` says so, as images of which nothing is known.

export interface CatalogImage {
  /** `docker.io/library/nginx` */
  readonly repository: string;
  readonly tags: readonly string[];
  readonly program: string;
  readonly args?: readonly string[];
  /** No entry point, only a command (CMD): a pod's args stand in place of the program, not behind it. */
  readonly commandOnly?: boolean;
  readonly env?: (tag: string) => Readonly<Record<string, string>>;
  readonly user?: string;
  /** What its file system holds that somebody may look at: path -> text. */
  readonly files?: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
}

const megabyte = 1_000_000;

function minors(major: number, from: number, to: number, suffixes: readonly string[] = ['', '-alpine']): string[] {
  const tags: string[] = [];
  for (let minor = from; minor <= to; minor++) for (const suffix of suffixes) tags.push(`${major}.${minor}${suffix}`);
  return tags;
}

function image(repository: string, program: string, sizeMegabytes: number, tags: readonly string[], more: Partial<CatalogImage> = {}): CatalogImage {
  return { repository, program, tags, sizeBytes: Math.round(sizeMegabytes * megabyte), ...more };
}

/** Those that releases of Kubernetes from 1.20 on came with, the newest last. */
const etcdTags = ['3.4.13', '3.5.0', '3.5.1', '3.5.3', '3.5.4', '3.5.6', '3.5.7', '3.5.9', '3.5.10', '3.5.12', '3.5.15', '3.5.16', '3.5.21', '3.5.24', '3.6.4', '3.6.5', '3.6.6', '3.6.8'].map((version) => `${version}-0`);

export const kubernetesVersion = 'v1.36.2';
export const pauseImage = 'registry.k8s.io/pause:3.10.1';
export const etcdImage = 'registry.k8s.io/etcd:3.6.8-0';
export const corednsImage = 'registry.k8s.io/coredns/coredns:v1.14.1';
export const calicoVersion = 'v3.31.3';

/** Prefix of the images that Kubernetes' own tests run (test/utils/image/manifest.go). Which of their tags a suite asks for depends on its version: any of a listed image exists. */
export const testImagePrefix = 'registry.k8s.io/e2e-test-images/';

const pageFiles = (picture: string): Readonly<Record<string, string>> => ({
  '/data.json': `{\n  "image": "${picture}"\n}\n`,
  [`/${picture}`]: picture,
  '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.12.0\nPRETTY_NAME="Alpine Linux v3.12"\n',
});

function testImages(): readonly CatalogImage[] {
  const test = (name: string, program: string, sizeMegabytes: number, tags: readonly string[], more: Partial<CatalogImage> = {}): CatalogImage => image(testImagePrefix + name, program, sizeMegabytes, tags, more);
  return [
    test('agnhost', 'agnhost', 50, minors(2, 20, 80, ['']), { args: ['pause'] }),
    test('busybox', 'sh', 2.2, ['1.29-1', '1.29-2', '1.29-4', '1.36.1-1', '1.37.0-1'], { commandOnly: true }),
    test('httpd', 'httpd', 58, ['2.4.38-1', '2.4.38-2', '2.4.38-4', '2.4.39-1', '2.4.39-2', '2.4.39-4', '2.4.54-1']),
    test('ipc-utils', 'sh', 3, ['1.2', '1.3', '1.4'], { commandOnly: true }),
    test('jessie-dnsutils', 'sh', 110, ['1.4', '1.5', '1.7', '1.8'], { commandOnly: true }),
    test('kitten', 'update-demo', 30, ['1.4', '1.5', '1.7', '1.8'], { args: ['kitten.jpg'], files: pageFiles('kitten.jpg') }),
    test('nautilus', 'update-demo', 30, ['1.4', '1.5', '1.7', '1.8'], { args: ['nautilus.jpg'], files: pageFiles('nautilus.jpg') }),
    test('nginx', 'nginx', 7, ['1.14-1', '1.14-2', '1.14-4', '1.15-1', '1.15-2', '1.15-4'], { env: (tag) => ({ NGINX_VERSION: tag.startsWith('1.15') ? '1.15.12' : '1.14.2' }) }),
    test('nonewprivs', 'agnhost', 2, ['1.3', '1.4'], { args: ['nonewprivs'] }),
    test('nonroot', 'agnhost', 2, ['1.1', '1.2', '1.4'], { args: ['pause'], user: '1234' }),
    test('perl', 'sh', 40, ['5.26'], { commandOnly: true }),
    test('redis', 'generic-server', 12, ['5.0.5-alpine', '5.0.5-3']),
    test('sample-apiserver', 'sample-apiserver', 26, ['1.17', '1.17.4', '1.17.5', '1.17.7', '1.29.2', '1.33.8']),
  ];
}

const plain = ['latest', 'stable', 'alpine'];

export const catalog: readonly CatalogImage[] = [
  image('registry.k8s.io/pause', 'pause', 0.32, ['3.0', '3.1', '3.2', '3.3', '3.4.1', '3.5', '3.6', '3.7', '3.8', '3.9', '3.10', '3.10.1', '3.10.2', '3.11']),
  image('registry.k8s.io/etcd', 'etcd', 60, etcdTags, { env: (tag) => ({ TERRARIUM_VERSION: tag.replace(/-\d+$/, '') }) }),
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name, index) =>
    image(`registry.k8s.io/${name}`, name, [30, 25, 21, 32][index] as number, ['v1.35.0', kubernetesVersion], { env: (tag) => ({ TERRARIUM_VERSION: tag }) }),
  ),
  image('registry.k8s.io/coredns/coredns', 'coredns', 23, ['v1.13.1', 'v1.14.1']),
  image('registry.k8s.io/metrics-server/metrics-server', 'metrics-server', 19, ['v0.8.0']),
  image('registry.k8s.io/redis', 'generic-server', 40, ['e2e', 'latest']),
  ...testImages(),
  image('registry.k8s.io/echoserver', 'generic-server', 45, ['1.4', '1.10']),
  image('quay.io/calico/node', 'calico-node', 150, [calicoVersion]),
  image('quay.io/calico/cni', 'calico-install-cni', 70, [calicoVersion]),
  image('docker.io/library/nginx', 'nginx', 72, [...plain, 'mainline', 'stable-alpine', '1.7.9', '1.14.2', '1.16.1', ...minors(1, 14, 29)], {
    env: (tag) => ({ NGINX_VERSION: /^\d/.test(tag) ? (tag.match(/^[\d.]+/)?.[0] ?? tag) : '1.29.3' }),
  }),
  image('docker.io/library/busybox', 'sh', 2.2, [...plain, 'musl', '1.28', ...minors(1, 34, 38, ['', '.0', '.1'])], { commandOnly: true }),
  image('docker.io/library/alpine', 'sh', 3.6, ['latest', ...minors(3, 16, 22, [''])], { commandOnly: true }),
  image('docker.io/library/bash', 'bash', 6, ['latest', '5', '5.2']),
  image('docker.io/curlimages/curl', 'curl', 9, ['latest', '8.10.1', '8.16.0']),
  image('docker.io/library/redis', 'generic-server', 45, [...plain, '6', '7', '8', ...minors(7, 0, 4), ...minors(8, 0, 2)]),
  image('docker.io/library/postgres', 'generic-server', 150, [...plain, '14', '15', '16', '17', '18']),
  image('docker.io/library/mysql', 'generic-server', 170, ['latest', '8', '8.0', '8.4', '9']),
  image('docker.io/library/httpd', 'generic-server', 58, [...plain, '2.4', '2.4-alpine']),
  image('docker.io/library/memcached', 'generic-server', 30, [...plain, '1.6']),
  image('docker.io/library/mongo', 'generic-server', 260, ['latest', '6', '7', '8']),
  image('us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/loadgenerator', 'client-loop', 60, ['v0.10.6']),
];

/** Registries that a fresh machine knows the way to, and the machine that plays each. */
export const registryHosts: readonly { readonly machine: string; readonly address: string; readonly hosts: readonly string[] }[] = [
  { machine: 'docker.io', address: '192.168.2.10', hosts: ['docker.io', 'registry-1.docker.io'] },
  { machine: 'registry.k8s.io', address: '192.168.2.11', hosts: ['registry.k8s.io', 'k8s.gcr.io', 'gcr.io', 'us-central1-docker.pkg.dev'] },
  { machine: 'quay.io', address: '192.168.2.12', hosts: ['quay.io', 'ghcr.io', 'public.ecr.aws', 'mcr.microsoft.com'] },
];

/**
 * Whether a repository that the catalogue does not list is taken to exist, as somebody's public image of which nothing is known.
 * Docker Hub's official images and the control plane's registry are known in full, so that a typing error there is one.
 */
export function isOpen(host: string, repository: string): boolean {
  if (host === 'docker.io') return !repository.startsWith('library/');
  return host !== 'registry.k8s.io' && host !== 'k8s.gcr.io' && host !== 'quay.io';
}

// Names of container images, normalised as docker and containerd do: `nginx` is `docker.io/library/nginx:latest`.

export interface ImageName {
  /** `docker.io` */
  readonly registry: string;
  /** `library/nginx` */
  readonly repository: string;
  /** `latest` when neither a tag nor a digest is given. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  /** `docker.io/library/nginx:latest` */
  readonly canonical: string;
}

/** The parsed name, or the problem in the words of distribution/reference. */
export function parseImageName(text: string): ImageName | { readonly problem: string } {
  let rest = text;
  let digest: string | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!/^[a-z0-9]+:[0-9a-f]{32,}$/.test(digest)) return { problem: 'invalid reference format' };
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!/^\w[\w.-]{0,127}$/.test(tag)) return { problem: 'invalid reference format' };
  }
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  const hasRegistry = first !== '' && (first.includes('.') || first.includes(':') || first === 'localhost' || first.toLowerCase() !== first);
  let registry = hasRegistry ? first : 'docker.io';
  if (registry === 'index.docker.io' || registry === 'registry-1.docker.io') registry = 'docker.io';
  let repository = hasRegistry ? rest.slice(slash + 1) : rest;
  if (registry === 'docker.io' && !repository.includes('/')) repository = `library/${repository}`;
  if (repository.toLowerCase() !== repository) return { problem: `invalid reference format: repository name (${repository}) must be lowercase` };
  if (!/^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/.test(repository)) return { problem: 'invalid reference format' };
  if (tag === undefined && digest === undefined) tag = 'latest';
  const canonical = `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return { registry, repository, tag, digest, canonical };
}

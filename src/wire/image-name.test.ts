import { describe, expect, it } from 'vitest';
import { parseImageName } from './image-name.ts';

describe('image names', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
    ['registry.k8s.io/coredns/coredns:v1.12.4', 'registry.k8s.io/coredns/coredns:v1.12.4'],
    ['localhost:5000/a', 'localhost:5000/a:latest'],
    [`quay.io/x/y@${digest}`, `quay.io/x/y@${digest}`],
  ])('%s is %s', (text, canonical) => expect(parseImageName(text)).toMatchObject({ canonical }));
  it('refuses capitals in its own words', () =>
    expect(parseImageName('NGINX')).toEqual({ problem: 'invalid reference format: repository name (library/NGINX) must be lowercase' }));
  it('refuses nonsense', () => expect(parseImageName('a b')).toEqual({ problem: 'invalid reference format' }));
});

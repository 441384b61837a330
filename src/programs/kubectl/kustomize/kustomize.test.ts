import { describe, expect, test } from 'vitest';
import type { Any } from '../kubectl.ts';
import { buildKustomization } from './kustomize.ts';

const build = (files: Readonly<Record<string, string>>, folder: string): Any[] => buildKustomization((path) => (path.endsWith('/') ? (Object.keys(files).some((each) => each.startsWith(path)) ? '' : undefined) : files[path]), folder);

const base = {
  '/base/kustomization.yaml': 'resources: [web.yaml]\nconfigMapGenerator:\n- {name: conf, literals: [a=b, c=d], files: [f.txt]}\nimages: [{name: nginx, newTag: "1.28"}]\nlabels: [{pairs: {team: x}, includeSelectors: true}]\ncommonAnnotations: {note: hi}\n',
  '/base/f.txt': 'hello\n',
  '/base/web.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: "nginx:1.27", envFrom: [{configMapRef: {name: conf}}]}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n',
};

describe('kustomize', () => {
  test('names with the real one’s hash, and everything that means them follows', () => {
    const [config, service, deployment] = build(base, '/base');
    expect(config.metadata).toEqual({ name: 'conf-gh245c244c', labels: { team: 'x' }, annotations: { note: 'hi' } });
    expect(service.spec.selector).toEqual({ app: 'web', team: 'x' });
    expect(deployment.spec.template.spec.containers).toEqual([{ name: 'main', image: 'nginx:1.28', envFrom: [{ configMapRef: { name: 'conf-gh245c244c' } }] }]);
    expect(deployment.spec.template.metadata).toEqual({ labels: { app: 'web', team: 'x' }, annotations: { note: 'hi' } });
  });

  test('an overlay changes a base: names, namespace, replicas, patches, data', () => {
    const over = {
      ...base,
      '/over/kustomization.yaml':
        'resources: [../base]\nnamePrefix: dev-\nnamespace: dev\nreplicas: [{name: web, count: 3}]\nconfigMapGenerator: [{name: conf, behavior: merge, literals: [e=f]}]\npatches:\n- path: p.yaml\n- {target: {kind: Service}, patch: "[{op: replace, path: /spec/ports/0/port, value: 81}]"}\n',
      '/over/p.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: side, image: busybox}]}}}\n',
    };
    const [config, service, deployment] = build(over, '/over');
    expect(config.data).toEqual({ a: 'b', c: 'd', 'f.txt': 'hello\n', e: 'f' });
    expect(config.metadata.name).toMatch(/^dev-conf-[a-z0-9]{10}$/);
    expect(service).toMatchObject({ metadata: { name: 'dev-web', namespace: 'dev' }, spec: { ports: [{ port: 81 }] } });
    expect(deployment.spec.replicas).toBe(3);
    expect(deployment.spec.template.spec.containers.map((each: Any) => each.name).sort()).toEqual(['main', 'side']);
    expect(deployment.spec.template.spec.containers.find((each: Any) => each.name === 'main').envFrom[0].configMapRef.name).toBe(config.metadata.name);
  });

  test('what is not there is said as kustomize says it', () => {
    expect(() => build({}, '/nowhere')).toThrow("must build at directory: not a valid directory: evalsymlink failure on '/nowhere'");
    expect(() => build({ '/a/kustomization.yaml': '{}' }, '/a')).toThrow('kustomization.yaml is empty');
    expect(() => build({ '/a/kustomization.yaml': 'resources: [none.yaml]' }, '/a')).toThrow("accumulating resources from 'none.yaml'");
  });
});

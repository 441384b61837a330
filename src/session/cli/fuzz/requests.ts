// Requests as nobody sends them: some good, most a little wrong, some garbage. The same seed makes the same ones.
import type { Random } from '../../../kernel/host.ts';
import type { OutsideRequestHead } from '../../protocol.ts';
import { chance, nastyNames, nastyValue, pick, spoil, spoilText, type Json } from './nasty.ts';
import { goodSample, isGood, sampleOf, type SampleKind } from './samples.ts';

const names = ['a', 'a', 'a', 'b', 'x'];
const namespaces = ['default', 'default', 'default', 'default', 'default', 'fuzz', 'fuzz', 'kube-system', 'absent'];
const subresources = ['status', 'scale', 'log', 'exec', 'attach', 'portforward', 'binding', 'eviction', 'ephemeralcontainers', 'resize', 'token', 'approval', 'finalize', 'proxy', 'proxy/a/b', 'unheard'];
const plainPaths = ['/', '/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1', '/version', '/healthz', '/livez/etcd', '/readyz?verbose', '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1', '/openid/v1/jwks', '/.well-known/openid-configuration', '/logs', '/debug/pprof', '//', '/api//v1', '/api/v1/', '/apis/x/y/z/', '/api/v1/namespaces/default/', '/api/v1/watch/pods', '/api/v1/proxy/x', '/apis/example.com/v1/namespaces/default/widgets', '/apis/example.com/v1/namespaces/default/widgets/a', '/apis/__proto__/v1', '/apis/constructor/prototype/toString'];

const selectors = ['app=x', 'app!=x', 'app in (x,y)', 'app notin (x)', '!app', 'app', 'a=b,c=d', 'app in (', 'app in x', '=', ',', ',,', 'a==b', 'a=b=c', 'a>1', 'a<x', '((', 'x'.repeat(5000), '한글=1', '__proto__=x', 'constructor', 'a in (' + 'x,'.repeat(2000) + 'x)', 'a\u0000b', '/=', 'a/b/c=d'];
const fieldSelectors = ['metadata.name=a', 'metadata.namespace!=b', 'status.phase=Running', 'spec.nodeName=', 'a=b', 'metadata.name', '=', 'metadata.name==a,metadata.name!=b', '__proto__=1', 'metadata.name=\\', 'metadata.name=\\,', 'x'.repeat(3000)];
const numbers = ['0', '1', '2', '-1', '500', '1e3', '9999999999999999999', 'x', '', ' 1', '0x1', '1.5', 'NaN', 'Infinity'];
const versions = ['', '0', '1', '5', '999999', '-1', 'x', '18446744073709551616', '1.5', '9'.repeat(60)];
const bools = ['true', 'false', '1', '0', '', 'x', 'True'];
const tokens = ['', 'x', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4vLi4ifQ', 'bnVsbA', 'W10', 'e30', '====', 'x'.repeat(20_000), 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6OTk5OTk5OTk5OTk5LCJzdGFydCI6ImEifQ'];

const queries: readonly (readonly [string, readonly string[]])[] = [
  ['labelSelector', selectors],
  ['fieldSelector', fieldSelectors],
  ['limit', numbers],
  ['continue', tokens],
  ['resourceVersion', versions],
  ['resourceVersionMatch', ['Exact', 'NotOlderThan', 'x', '']],
  ['sendInitialEvents', bools],
  ['allowWatchBookmarks', bools],
  ['timeoutSeconds', ['1', '0', '-1', 'x', '1']],
  ['fieldManager', ['fuzz', 'other', '', 'x'.repeat(129), 'a\u0000b', '한글', '__proto__']],
  ['fieldValidation', ['Strict', 'Warn', 'Ignore', 'x', '']],
  ['dryRun', ['All', 'All', 'x', '']],
  ['force', bools],
  ['pretty', bools],
  ['propagationPolicy', ['Foreground', 'Background', 'Orphan', 'x', '']],
  ['gracePeriodSeconds', numbers],
  ['orphanDependents', bools],
  ['includeObject', ['None', 'Metadata', 'Object', 'x']],
  ['container', ['c', 'x', '__proto__', '']],
  ['tailLines', numbers],
  ['sinceTime', ['2026-01-01T00:00:00Z', 'x', '']],
  ['ports', ['80', '0', 'x', '99999999']],
  ['command', ['sh', '', '\u0000']],
  ['__proto__', ['x']],
  ['constructor', ['x']],
];

const accepts = ['application/json', '*/*', 'application/yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'application/json;as=Nothing;v=v9;g=x', 'application/vnd.kubernetes.protobuf', 'application/vnd.kubernetes.protobuf,application/json', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', 'application/cbor', 'text/html', '', ';', ';;;=,,', 'application/json;q=-1', 'a'.repeat(5000)];
const types = ['application/json', 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain', '', 'application/json; charset=utf-16', 'application/cbor', 'multipart/form-data', '__proto__'];
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+yaml', 'application/json', 'application/apply-patch+cbor', 'x'];

export class RequestMaker {
  private readonly random: Random;
  private readonly kinds: readonly SampleKind[];
  /** What people use most is tried most. */
  private readonly usual: readonly SampleKind[];

  constructor(random: Random, kinds: readonly SampleKind[]) {
    this.random = random;
    this.kinds = kinds;
    const wanted = ['Pod', 'Deployment', 'Service', 'ConfigMap', 'Secret', 'Job', 'StatefulSet', 'CustomResourceDefinition', 'Namespace', 'Ingress', 'NetworkPolicy', 'HorizontalPodAutoscaler'];
    this.usual = kinds.filter((kind) => wanted.includes(kind.kind));
  }

  next(): OutsideRequestHead {
    const { random } = this;
    if (chance(random, 0.08)) return this.elsewhere();
    const kind = pick(random, chance(random, 0.6) ? this.usual : this.kinds);
    const method = pick(random, ['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'PATCH', 'DELETE'] as const);
    const name = chance(random, 0.9) ? pick(random, names) : pick(random, nastyNames);
    const onCollection = method === 'POST' ? chance(random, 0.95) : method === 'DELETE' ? chance(random, 0.05) : method === 'GET' ? chance(random, 0.6) : chance(random, 0.03);
    const path = this.path(kind, onCollection ? undefined : name);
    const query = this.query(method);
    const headers = this.headers();
    if (method === 'GET') return { method, path, query: chance(random, 0.1) ? [...query, ['watch', '1'], ['timeoutSeconds', '1']] : query, headers };
    if (method === 'PATCH') return { method, path, query, ...this.patch(kind, name, headers) };
    if (method === 'DELETE') return { method, path, query, ...(chance(random, 0.5) ? { headers } : this.body(this.deleteOptions(), headers)) };
    return { method, path, query, ...this.body(this.object(kind, name, path), headers) };
  }

  /** Creates what most requests speak of. */
  goodOnes(): readonly OutsideRequestHead[] {
    return this.kinds.filter((kind) => isGood(kind.kind)).map((kind) => ({ method: 'POST' as const, path: `${kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`}${kind.namespaced ? '/namespaces/default' : ''}/${kind.resource}`, query: [], headers: { 'content-type': 'application/json' }, body: JSON.stringify(goodSample(kind, 'a')) }));
  }

  private elsewhere(): OutsideRequestHead {
    const { random } = this;
    const method = pick(random, ['GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const);
    const [path = '/', query = ''] = pick(random, plainPaths).split('?');
    const head = { method, path: chance(random, 0.3) ? this.spoilPath(path) : path, query: [...new URLSearchParams(query), ...this.query(method)] };
    return method === 'GET' || method === 'HEAD' ? { ...head, headers: this.headers() } : { ...head, ...this.body(nastyValue(random), this.headers()) };
  }

  private path(kind: SampleKind, name: string | undefined): string {
    const { random } = this;
    const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const namespaced = chance(random, 0.97) ? kind.namespaced : !kind.namespaced;
    const place = namespaced && (name !== undefined || chance(random, 0.9)) ? `/namespaces/${chance(random, 0.95) ? pick(random, namespaces) : encode(pick(random, nastyNames))}` : '';
    const path = `${base}${place}/${kind.resource}${name === undefined ? '' : `/${encode(name)}`}`;
    const whole = name !== undefined && chance(random, 0.15) ? `${path}/${pick(random, subresources)}` : path;
    return chance(random, 0.03) ? this.spoilPath(whole) : whole;
  }

  private spoilPath(path: string): string {
    const { random } = this;
    const at = random.below(path.length + 1);
    return path.slice(0, at) + pick(random, ['%', '%zz', '%00', '%2F', '//', '/../', '/./', ';', '%c0%af', 'é', '\\', '/__proto__', '?']) + path.slice(at);
  }

  private query(method: string): readonly (readonly [string, string])[] {
    const { random } = this;
    const found: [string, string][] = [];
    const count = chance(random, 0.5) ? 0 : 1 + random.below(method === 'GET' ? 4 : 3);
    for (let i = 0; i < count; i++) {
      const [name, values] = pick(random, queries);
      found.push([name, pick(random, values)]);
    }
    return found;
  }

  private headers(): Readonly<Record<string, string>> {
    const { random } = this;
    const headers: Record<string, string> = { accept: chance(random, 0.8) ? 'application/json' : pick(random, accepts) };
    if (chance(random, 0.03)) headers['impersonate-user'] = pick(random, ['jane', 'system:serviceaccount:default:default', '', '__proto__', 'system:anonymous']);
    if (chance(random, headers['impersonate-user'] === undefined ? 0.002 : 0.3)) headers['impersonate-group'] = pick(random, ['dev', 'system:masters', '']);
    if (chance(random, headers['impersonate-user'] === undefined ? 0.002 : 0.3)) headers['impersonate-extra-__proto__'] = 'x';
    if (chance(random, 0.02)) headers['authorization'] = pick(random, ['Bearer a.b.c', 'Bearer ', 'Bearer eyJhbGciOiJub25lIn0.e30.', 'Basic x', `Bearer ${'x'.repeat(9000)}`, 'Bearer abcdef.0123456789abcdef']);
    if (chance(random, 0.05)) headers['user-agent'] = pick(random, ['kubectl/v1.36.0', '', 'x'.repeat(4000), '한글', '/']);
    return headers;
  }

  private object(kind: SampleKind, name: string, path: string): Json {
    const { random } = this;
    let value = path.endsWith('/scale') ? ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name }, spec: { replicas: 3 } } as Json) : path.endsWith('/eviction') ? ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } } as Json) : sampleOf(random, kind, name);
    const times = chance(random, 0.45) ? 0 : 1 + random.below(3);
    for (let i = 0; i < times; i++) value = spoil(random, value);
    return value;
  }

  private deleteOptions(): Json {
    const { random } = this;
    const options: Json = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Background', preconditions: { uid: 'x' } };
    return chance(random, 0.3) ? { gracePeriodSeconds: 0 } : spoil(random, options);
  }

  /** The value as text, mostly whole. */
  private body(value: Json, headers: Readonly<Record<string, string>>, given?: string): Pick<OutsideRequestHead, 'headers' | 'body' | 'bytes'> {
    const { random } = this;
    const type = given ?? (chance(random, 0.94) ? 'application/json' : pick(random, types));
    const all = { ...headers, 'content-type': type };
    if ((type.includes('protobuf') || type.includes('cbor')) && chance(random, 0.8)) return { headers: all, bytes: Buffer.from(random.letters(4 + random.below(60), 'k8s\u0000\u0001\n\u0012ab\u007f')).toString('base64') };
    const text = JSON.stringify(value);
    return { headers: all, body: chance(random, 0.12) ? spoilText(random, text) : text };
  }

  private patch(kind: SampleKind, name: string, headers: Readonly<Record<string, string>>): Pick<OutsideRequestHead, 'headers' | 'body' | 'bytes'> {
    const { random } = this;
    const type = pick(random, patchTypes);
    if (type === 'application/json-patch+json') return this.body(this.jsonPatch(), headers, type);
    const sample = sampleOf(random, kind, name);
    let value = chance(random, 0.4) ? sample : pick<Json>(random, [{ metadata: { labels: { a: 'b', app: null } } }, { metadata: { finalizers: ['example.com/x'] } }, { spec: { replicas: 5 } }, { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1.28' }] } } } }, { spec: { template: { spec: { $patch: 'replace', containers: [] } } } }, { spec: { containers: [{ $patch: 'delete', name: 'c' }] } }, { metadata: { $retainKeys: ['name'], '$deleteFromPrimitiveList/finalizers': ['x'] } }, { '$setElementOrder/spec': [1], spec: { '$setElementOrder/ports': [{ port: 80 }], ports: [{ port: 80, $patch: 'merge' }] } }, { data: { a: null, z: 'y' } }, { $patch: 'delete' }, { $patch: 5 }, { status: { phase: 'x' } }]);
    if (chance(random, 0.6)) value = spoil(random, value);
    return this.body(value, headers, type);
  }

  private jsonPatch(): Json {
    const { random } = this;
    const pointer = (): string => pick(random, ['', '/', '/metadata', '/metadata/labels/a', '/metadata/labels/app', '/metadata/annotations', '/spec', '/spec/replicas', '/spec/template/spec/containers/0', '/spec/template/spec/containers/-', '/spec/containers/99999999999', '/spec/containers/-1', '/spec/containers/01', '/metadata/__proto__/polluted', '/__proto__/polluted', '/constructor/prototype/polluted', '/metadata/name', '/kind', '/data/a', '/data/a~1b', '/data/~2', '/x/y/z', 'metadata', '/metadata/ownerReferences/-', '/status']);
    const step = (): Json => pick<Json>(random, [{ op: 'add', path: pointer(), value: nastyValue(random) }, { op: 'replace', path: pointer(), value: nastyValue(random) }, { op: 'remove', path: pointer() }, { op: 'test', path: pointer(), value: nastyValue(random) }, { op: 'copy', from: pointer(), path: pointer() }, { op: 'move', from: pointer(), path: pointer() }, { op: pick(random, nastyNames), path: pointer() }, { op: 'add' }, { path: 5, op: 'add', value: 1 }, nastyValue(random)]);
    const steps: Json = Array.from({ length: 1 + random.below(4) }, step);
    return chance(random, 0.05) ? nastyValue(random) : chance(random, 0.01) ? Array.from({ length: 2000 }, () => ({ op: 'copy', from: '/metadata', path: '/metadata/labels/a' })) : steps;
  }
}

function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ed%a0%80';
  }
}

// The essence of sig-api-machinery's conformance tests: what the API server answers, request by request.
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Body } from '../testing/asker.ts';
import { ConformanceBench, type Json, podOf } from '../testing/conformance-bench.ts';

let bench: ConformanceBench;
beforeAll(() => {
  bench = new ConformanceBench('conformance');
});

const patchAs = (type: string): { readonly 'content-type': string } => ({ 'content-type': `application/${type}` });
const yaml = patchAs('apply-patch+yaml');
const merge = patchAs('merge-patch+json');
const strategic = patchAs('strategic-merge-patch+json');
const json = patchAs('json-patch+json');
const ok: ConformanceBench['ok'] = (...question) => bench.ok(...question);
const refused: ConformanceBench['refused'] = (...question) => bench.refused(...question);
const namespace = (name: string, labels: Json = {}): string => bench.namespace(name, labels);

const template = (app: string): Json => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'nginx', image: 'registry.k8s.io/pause:3.10.1' }] } });

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
interface CrdOptions {
  readonly scope?: string;
  readonly labels?: Json;
  readonly versions?: readonly string[];
}
/** As the suite's own fixture makes them; waits until it is established and served. */
function define(group: string, plural: string, schema: Json, { scope = 'Cluster', labels = {}, versions = ['v1'] }: CrdOptions = {}): { readonly name: string; readonly path: string; readonly crd: Body } {
  const name = `${plural}.${group}`;
  ok('POST', definitions, {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name, labels },
    spec: { group, scope, names: { plural, singular: plural.slice(0, -1), kind: plural.slice(0, -1).replace(/^./, (letter) => letter.toUpperCase()) }, versions: versions.map((each, n) => ({ name: each, served: true, storage: n === 0, schema: { openAPIV3Schema: schema } })) },
  });
  bench.until(() => String(bench.ask('GET', `/apis/${group}/${versions[0] as string}/${plural}`).status), '200', 30_000);
  return { name, path: `/apis/${group}/${versions[0] as string}/${plural}`, crd: ok('GET', `${definitions}/${name}`) };
}
const anything: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

describe('FieldValidation', () => {
  const text = (meta: string, spec: string): string => `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"my-dep",${meta}"labels":{"app":"nginx"}},"spec":{${spec}"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"labels":{"app":"nginx"}},"spec":{"containers":[{"name":"nginx","image":"nginx:latest"}]}}}}`;
  it('finds unknown and duplicate fields of a typed object, and unknown metadata', () => {
    const path = '/apis/apps/v1/namespaces/default/deployments?fieldManager=m&fieldValidation=Strict';
    expect(refused('POST', path, text('', '"unknownField":"foo","replicas":2,"replicas":3,'))).toContain('strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"');
    expect(refused('POST', path, text('"unknownMeta":"foo",', ''))).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
    expect(refused('POST', path, text('', '"replicas":2,"replicas":2,"other":1,"replicas":4,'))).toContain('strict decoding error: duplicate field "spec.replicas", unknown field "spec.other"');
    const warned = bench.ask('POST', '/apis/apps/v1/namespaces/default/deployments?dryRun=All', text('', '"replicas":2,"replicas":3,'));
    expect([warned.status, warned.body.spec.replicas, warned.headers['warning']]).toEqual([201, 3, '299 - "duplicate field \\"spec.replicas\\""']);
    expect(bench.ask('POST', '/apis/apps/v1/namespaces/default/deployments?dryRun=All&fieldValidation=Ignore', text('', '"replicas":2,"replicas":3,')).headers['warning']).toBeUndefined();
  });

  const spec = { type: 'object', properties: { foo: { type: 'string' }, cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' }, ports: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'], items: { type: 'object', required: ['containerPort', 'protocol'], properties: { containerPort: { type: 'integer', format: 'int32' }, protocol: { type: 'string' }, name: { type: 'string' } } } } } };
  const cr = (kind: string, lines: string, meta = '', root = ''): string => `\napiVersion: validation.example.com/v1\nkind: ${kind}\nmetadata:\n  name: mytest\n${meta}  finalizers:\n  - test-finalizer\n${root}spec:\n${lines}  cronSpec: "* * * * */5"\n  ports:\n  - name: x\n    containerPort: 80\n    protocol: TCP`;
  it('of custom resources: applied as YAML, with and without schemas', () => {
    const apply = (path: string): string => `${path}/mytest?fieldManager=m&fieldValidation=Strict`;
    const strict = define('validation.example.com', 'stricts', { type: 'object', properties: { spec } });
    ok('PATCH', apply(strict.path), cr('Strict', '  foo: foo1\n'), yaml, 201);
    expect(refused('PATCH', apply(strict.path), cr('Strict', '  foo: foo1\n', '', 'unknownField: unknown\n'), yaml)).toContain('.unknownField: field not declared in schema');
    const loose = define('validation.example.com', 'looses', anything);
    ok('PATCH', apply(loose.path), cr('Loose', '  unknown: uk1\n'), yaml, 201);
    const keeping = define('validation.example.com', 'keepings', { type: 'object', properties: { spec: { ...spec, 'x-kubernetes-preserve-unknown-fields': true, properties: { ...spec.properties, template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } }, spec: { type: 'object' } } } } } } });
    expect(refused('PATCH', apply(keeping.path), cr('Keeping', '  foo: foo1\n  template:\n    apiversion: foo/v1\n    kind: Sub\n    metadata:\n        unknownSubMeta: unknown\n        name: subobject\n        namespace: default\n', '  unknownMeta: unknown\n'), yaml)).toMatch(/\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema|\.metadata\.unknownMeta: field not declared in schema/);
    expect(refused('PATCH', apply(keeping.path), cr('Keeping', '  unknown: uk1\n  foo: foo1\n  foo: foo2\n'), yaml)).toContain('line 11: key "foo" already set in map');
    for (const each of [strict, loose, keeping]) ok('DELETE', `${definitions}/${each.name}`);
  });
});

describe('lists and watches', () => {
  it('chunks: every page of one revision, the rest counted; a token that is too old gives one that is not', () => {
    const path = `${namespace('chunks')}/podtemplates`;
    const name = (n: number): string => `template-${String(n).padStart(4, '0')}`;
    const total = 40;
    for (let n = 0; n < total; n++) ok('POST', path, { metadata: { name: name(n) }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } });
    let found = 0;
    let token = '';
    let revision = '';
    do {
      const list = ok('GET', `${path}?limit=${3 + (found % 7)}&continue=${token}`);
      revision ||= list.metadata.resourceVersion;
      expect(list.metadata.resourceVersion).toBe(revision);
      for (const item of list.items) expect(item.metadata.name).toBe(name(found++));
      token = list.metadata.continue ?? '';
      if (token === '') expect(list.metadata.remainingItemCount).toBeUndefined();
      else expect(list.metadata.remainingItemCount + found).toBe(total);
    } while (token !== '');
    expect(found).toBe(total);
    expect(ok('GET', `${path}?limit=401`).items).toHaveLength(total);

    const first = ok('GET', `${path}?limit=4`);
    ok('POST', path, { metadata: { name: 'zz' }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } });
    const { resourceVersion: now } = ok('DELETE', `${path}/zz`).metadata;
    // The suite waits for the API server's own compaction of every five minutes.
    bench.compact(Number(now));
    const answer = bench.ask('GET', `${path}?limit=4&continue=${first.metadata.continue}`);
    expect([answer.status, answer.body.reason]).toEqual([410, 'Expired']);
    const fresh = answer.body.metadata.continue;
    expect(fresh).toBeTruthy();
    let page = ok('GET', `${path}?limit=4&continue=${fresh}`);
    expect(page.items.map((each: Body) => each.metadata.name)).toEqual([4, 5, 6, 7].map(name));
    expect(page.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    expect(page.metadata.remainingItemCount).toBe(total - 8);
    const { resourceVersion } = page.metadata;
    found = 8;
    while (page.metadata.continue !== undefined) {
      page = ok('GET', `${path}?limit=10&continue=${page.metadata.continue}`);
      expect(page.metadata.resourceVersion).toBe(resourceVersion);
      for (const item of page.items) expect(item.metadata.name).toBe(name(found++));
    }
    expect(found).toBe(total);
  });

  it('watchers: by label, from a revision, again from the last one seen, when an object leaves the selection and comes back', () => {
    const path = `${namespace('watches')}/configmaps`;
    const watch = (selector: string, from = ''): ReturnType<ConformanceBench['watch']> => bench.watch(`${path}?watch=true&labelSelector=${selector}${from === '' ? '' : `&resourceVersion=${from}`}`);
    const [a, b, both] = [watch('w%3Da'), watch('w%3Db'), watch('w+in+%28a%2Cb%29')];
    const make = (name: string, label: string): Body => ok('POST', path, { metadata: { name, labels: { w: label } } });
    const set = (name: string, change: Json): Body => ok('PUT', `${path}/${name}`, { ...ok('GET', `${path}/${name}`), ...change });
    make('one', 'a');
    const firstUpdate = set('one', { data: { mutation: '1' } });
    const second = set('one', { data: { mutation: '2' } });
    ok('DELETE', `${path}/one`);
    make('two', 'b');
    ok('DELETE', `${path}/two`);
    bench.sleep(1000);
    expect(a.said()).toEqual(['ADDED one', 'MODIFIED one', 'MODIFIED one', 'DELETED one']);
    expect(b.said()).toEqual(['ADDED two', 'DELETED two']);
    expect(both.said()).toEqual([...a.said(), ...b.said()]);
    const again = watch('w%3Da', firstUpdate.metadata.resourceVersion);
    bench.sleep(1000);
    expect(again.events.map(({ type, object }) => [type, object.data?.mutation])).toEqual([['MODIFIED', '2'], ['DELETED', '2']]);
    expect(again.events[0]?.object.metadata.resourceVersion).toBe(second.metadata.resourceVersion);

    const label = watch('w%3Dc');
    make('three', 'c');
    set('three', { data: { mutation: '1' } });
    ok('PATCH', `${path}/three`, { metadata: { labels: { w: 'wrong-value' } } }, merge);
    set('three', { data: { mutation: '2' } });
    ok('PATCH', `${path}/three`, { metadata: { labels: { w: 'c' } } }, merge);
    set('three', { data: { mutation: '3' } });
    ok('DELETE', `${path}/three`);
    bench.sleep(1000);
    expect(label.said()).toEqual(['ADDED three', 'MODIFIED three', 'DELETED three', 'ADDED three', 'MODIFIED three', 'DELETED three']);
    for (const each of [a, b, both, again, label]) each.stop();
  });

  it('watches that begin at the same revision see the same things in the same order', () => {
    const path = `${namespace('order')}/configmaps`;
    const from = ok('GET', path).metadata.resourceVersion;
    const open = (revision: string): ReturnType<ConformanceBench['watch']> => bench.watch(`${path}?watch=true&resourceVersion=${revision}`);
    const first = open(from);
    const others: ReturnType<ConformanceBench['watch']>[] = [];
    for (let n = 0; n < 8; n++) {
      const name = `order-${n % 3}`;
      const made = bench.ask('POST', path, { metadata: { name } });
      if (made.status === 409) ok(n % 2 === 0 ? 'DELETE' : 'PATCH', `${path}/${name}`, n % 2 === 0 ? undefined : { data: { n: String(n) } }, n % 2 === 0 ? undefined : merge);
      bench.sleep(200);
      others.push(open(first.events.at(-1)?.object.metadata.resourceVersion ?? from));
    }
    bench.sleep(1000);
    const revisions = first.events.map(({ object }) => object.metadata.resourceVersion);
    expect(revisions).toHaveLength(8);
    others.forEach((each, n) => expect(each.events.map(({ object }) => object.metadata.resourceVersion)).toEqual(revisions.slice(n + 1)));
  });

  it('what has no metadata gives no Table', () => {
    const review = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
    expect(refused('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).toMatch(/^406/);
    expect(ok('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review).status.allowed).toBe(true);
  });
});

describe('discovery', () => {
  const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
  const offered = (path: string): readonly string[] => ok('GET', path, undefined, accept).items.flatMap((group: Body) => group.versions.flatMap((version: Body) => version.resources.map((each: Body) => `${group.metadata?.name ?? ''}/${version.version}/${each.resource}`)));
  it('every group has its versions, its preferred one, and its resources; aggregated too; custom ones within seconds', () => {
    const groups = ok('GET', '/apis').groups;
    for (const group of groups) {
      const own = ok('GET', `/apis/${group.name}`);
      expect(own).toMatchObject({ kind: 'APIGroup', name: group.name, preferredVersion: group.preferredVersion, versions: group.versions });
      expect(group.versions.map((each: Body) => each.groupVersion)).toContain(group.preferredVersion.groupVersion);
      for (const { groupVersion } of group.versions) expect(ok('GET', `/apis/${groupVersion}`)).toMatchObject({ kind: 'APIResourceList', groupVersion });
    }
    const named = (list: string): readonly string[] => ok('GET', list).resources.map((each: Body) => each.name);
    expect(named('/apis/apiextensions.k8s.io/v1')).toEqual(expect.arrayContaining(['customresourcedefinitions', 'customresourcedefinitions/status']));
    expect(named('/apis/admissionregistration.k8s.io/v1')).toEqual(expect.arrayContaining(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicies/status', 'mutatingadmissionpolicies']));
    expect(offered('/api')).toContain('/v1/namespaces');
    expect(offered('/apis')).toEqual(expect.arrayContaining(['apps/v1/deployments', 'autoscaling/v1/horizontalpodautoscalers', 'autoscaling/v2/horizontalpodautoscalers', 'authentication.k8s.io/v1/tokenreviews', 'authorization.k8s.io/v1/selfsubjectaccessreviews', 'events.k8s.io/v1/events', 'storage.k8s.io/v1/csinodes', 'apiregistration.k8s.io/v1/apiservices']));
    const { name } = define('group7xq.example.com', 'testcrds', anything, { scope: 'Namespaced' });
    bench.until(() => offered('/apis').filter((each) => each.startsWith('group7xq')).join(), 'group7xq.example.com/v1/testcrds', 30_000);
    ok('DELETE', `${definitions}/${name}`);
    expect(ok('GET', '/version')).toMatchObject({ major: '1', minor: '36' });
  });
});

describe('CustomResourceDefinition', () => {
  it('objects are watched, listed by label and deleted together; definitions too, with their status', () => {
    const group = 'mygroup.example.com';
    const watched = define(group, 'noxus', anything, { labels: { e2e: 'list' } });
    const others = ['curlets', 'doodles'].map((plural) => define(group, plural, anything, { labels: plural === 'curlets' ? { e2e: 'list' } : {} }));
    const watch = bench.watch(`${watched.path}?watch=true&resourceVersion=${ok('GET', watched.path).metadata.resourceVersion}`);
    const object = (name: string): Json => ({ apiVersion: `${group}/v1`, kind: 'Noxu', metadata: { name }, content: { key: 'value' }, num: { num1: 9223372036854775000 } });
    for (const name of ['name1', 'name2']) ok('POST', watched.path, object(name));
    ok('PATCH', `${watched.path}/name1`, [{ op: 'add', path: '/dummy', value: 'test' }], json);
    for (const name of ['name1', 'name2']) ok('DELETE', `${watched.path}/${name}`);
    bench.sleep(500);
    expect(watch.said()).toEqual(['ADDED name1', 'ADDED name2', 'MODIFIED name1', 'DELETED name1', 'DELETED name2']);

    const status = ok('GET', `${definitions}/${watched.name}/status`);
    expect(status.spec).toEqual(watched.crd.spec);
    const updated = ok('PUT', `${definitions}/${watched.name}/status`, { ...status, status: { ...status.status, conditions: [...status.status.conditions, { type: '', status: '', message: 'updated', lastTransitionTime: null }] } });
    expect(updated.status.conditions.map((each: Body) => each.message)).toContain('updated');
    const patched = ok('PATCH', `${definitions}/${watched.name}/status`, [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }], json);
    expect(patched.status.conditions.map((each: Body) => each.message)).toContain('patched');

    const selector = '?labelSelector=e2e%3Dlist';
    const list = ok('GET', `${definitions}${selector}`).items;
    expect(list.map((each: Body) => each.metadata.name).sort()).toEqual(['curlets.mygroup.example.com', 'noxus.mygroup.example.com']);
    ok('DELETE', `${definitions}${selector}`);
    bench.until(() => String(ok('GET', `${definitions}${selector}`).items.length), '0', 30_000);
    for (const path of [watched.path, others[0]?.path ?? '']) expect(bench.ask('GET', path).status).toBe(404);
    ok('GET', `${definitions}/doodles.${group}`);
  });

  it('defaults are filled in where objects are read, and stay in what was written with them', () => {
    const { name, path } = define('defaults.example.com', 'things', { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } });
    const thing = (of: string): Json => ({ apiVersion: 'defaults.example.com/v1', kind: 'Thing', metadata: { name: of } });
    const schema = '/spec/versions/0/schema/openAPIV3Schema/properties';
    ok('POST', path, thing('one'));
    ok('PATCH', `${definitions}/${name}`, [{ op: 'add', path: `${schema}/a/default`, value: 'A' }], json);
    bench.until(() => String(ok('GET', `${path}/one`).a), 'A', 30_000);
    expect(ok('POST', path, thing('two')).a).toBe('A');
    ok('PATCH', `${definitions}/${name}`, [{ op: 'remove', path: `${schema}/a/default` }, { op: 'add', path: `${schema}/b/default`, value: 'B' }], json);
    bench.until(() => JSON.stringify([ok('GET', `${path}/two`).a, ok('GET', `${path}/two`).b]), '["A","B"]', 30_000);
    ok('DELETE', `${definitions}/${name}`);
  });
});

describe('CustomResourcePublishOpenAPI', () => {
  const foo = {
    description: 'Foo CRD for Testing', type: 'object',
    properties: {
      spec: { type: 'object', description: 'Specification of Foo', properties: { bars: { description: 'List of Bars and their specs.', type: 'array', items: { type: 'object', required: ['name'], properties: { name: { description: 'Name of Bar.', type: 'string' }, age: { description: 'Age of Bar.', type: 'string' }, feeling: { description: 'Whether Bar is feeling great.', type: 'string', enum: ['Great', 'Down'] }, bazs: { description: 'List of Bazs.', items: { type: 'string' }, type: 'array' } } } } } },
      status: { description: 'Status of Foo', type: 'object', properties: { bars: { description: 'List of Bars and their statuses.', type: 'array', items: { type: 'object', properties: { name: { description: 'Name of Bar.', type: 'string' }, available: { description: 'Whether the Bar is installed.', type: 'boolean' }, quxType: { description: 'Indicates to external qux type.', pattern: 'in-tree|out-of-tree', type: 'string' } } } } } },
    },
  };
  const nested = { description: 'preserve-unknown-properties in nested field for Testing', type: 'object', properties: { spec: { description: 'Specification of Waldo', type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { dummy: { description: 'Dummy property.', type: 'string' } } } } };
  /** What is published of a version, without what the server adds itself. */
  const published = (definition: string): Body => {
    const found = ok('GET', '/openapi/v2').definitions[definition];
    if (found === undefined) return undefined;
    const { 'x-kubernetes-group-version-kind': _, properties, ...rest } = found;
    if (properties === undefined) return rest;
    const { metadata: _m, apiVersion: _a, kind: _k, ...own } = properties;
    return { ...rest, properties: own };
  };
  const named = (group: string, version: string, kind: string): string => `${group.split('.').reverse().join('.')}.${version}.${kind}`;
  const until = (definition: string, is: unknown): void => {
    bench.until(() => String(isDeepStrictEqual(published(definition), is)), 'true', 30_000);
    expect(published(definition)).toEqual(is);
  };

  it('schemas of every version, group and kind; renamed, no longer served, gone', () => {
    const group = 'crd-publish-openapi-test-foo.example.com';
    const both = define(group, 'multis', foo, { versions: ['v2', 'v3'], scope: 'Namespaced' });
    define('crd-publish-openapi-test-waldo.example.com', 'waldos', nested, { versions: ['v1beta1'], scope: 'Namespaced' });
    define(group, 'emptys', anything, { versions: ['v2'], scope: 'Namespaced' });
    for (const version of ['v2', 'v3']) until(named(group, version, 'Multi'), foo);
    until(named(group, 'v2', 'Empty'), { type: 'object' });
    bench.until(() => typeof published(named('crd-publish-openapi-test-waldo.example.com', 'v1beta1', 'Waldo')), 'object', 30_000);
    ok('PATCH', `${definitions}/${both.name}`, [{ op: 'test', path: '/spec/versions/1/name', value: 'v3' }, { op: 'replace', path: '/spec/versions/1/name', value: 'v4' }], json);
    until(named(group, 'v4', 'Multi'), foo);
    until(named(group, 'v3', 'Multi'), undefined);
    until(named(group, 'v2', 'Multi'), foo);
    const served = ok('GET', `${definitions}/${both.name}`);
    ok('PUT', `${definitions}/${both.name}`, { ...served, spec: { ...served.spec, versions: [served.spec.versions[0], { ...served.spec.versions[1], served: false }] } });
    until(named(group, 'v4', 'Multi'), undefined);
    until(named(group, 'v2', 'Multi'), foo);
    ok('DELETE', `${definitions}/${both.name}`);
    until(named(group, 'v2', 'Multi'), undefined);
  });

  it('kubectl creates, applies and explains by it', () => {
    const group = 'crd-publish-openapi-test-explain.example.com';
    define(group, 'foos', foo, { scope: 'Namespaced', versions: ['v1'] });
    define(group, 'nesteds', nested, { scope: 'Namespaced', versions: ['v1'] });
    define(group, 'roots', { description: 'preserve-unknown-properties at root for Testing', ...anything, properties: { spec: { type: 'object', description: 'Specification of Waldo', properties: { dummy: { type: 'string', description: 'Dummy property.' } } } } }, { scope: 'Namespaced', versions: ['v1'] });
    define(group, 'blanks', anything, { scope: 'Namespaced', versions: ['v1'] });
    const contents: Readonly<Record<string, Json>> = { Foo: { spec: { bars: [{ name: 'test-bar' }] } }, Nested: { spec: { a: null, b: [{ c: 'd' }] } }, Root: { a: { b: [{ c: 'd' }] } }, Blank: { a: { b: [{ c: 'd' }] } } };
    for (const [kind, content] of Object.entries(contents)) {
      const file = bench.file({ kind, apiVersion: `${group}/v1`, metadata: { name: 'test-cr' }, ...content });
      for (const verb of ['create', 'apply']) {
        expect(bench.kubectl(`${verb} -f ${file}`).text, `${verb} ${kind}`).toContain('created');
        expect(bench.kubectl(`delete ${kind.toLowerCase()}s test-cr`).code).toBe(0);
      }
    }
    const explain = (what: string): string => bench.kubectl('explain', what).text;
    expect(explain('foos')).toMatch(/DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*APIVersion defines.*spec.*<Object>.*Specification of Foo/s);
    expect(explain('foos.metadata')).toMatch(/DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>.*CreationTimestamp is a timestamp/s);
    expect(explain('foos.spec')).toMatch(/DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars and their specs/s);
    expect(explain('foos.spec.bars')).toMatch(/FIELD:.*bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars and their specs.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar/s);
    expect(bench.kubectl('explain', 'foos.spec.bars2')).toMatchObject({ code: 1, text: expect.stringContaining('field "bars2" does not exist') });
    expect(explain('blanks')).toMatch(/DESCRIPTION:.*<empty>/s);
    expect(explain('roots')).toMatch(/KIND:.*Root/s);
    expect(explain('nesteds')).toMatch(/DESCRIPTION:.*preserve-unknown-properties in nested field for Testing/s);
  });
});

describe('Namespaces', () => {
  it('are patched, updated, finalized; their status too', () => {
    const path = namespace('changed', { mine: 'yes' });
    expect(ok('PATCH', path, { metadata: { labels: { testLabel: 'testValue' } } }, strategic).metadata.labels).toMatchObject({ testLabel: 'testValue', 'kubernetes.io/metadata.name': 'changed' });
    expect(ok('GET', `${path}/status`).status.phase).toBe('Active');
    const condition = (type: string): Json => ({ type, status: 'True', lastTransitionTime: null, reason: 'E2E', message: `${type} by a test` });
    const patched = ok('PATCH', `${path}/status`, { metadata: { annotations: { 'e2e-patched-ns-status': 'changed' } }, status: { conditions: [condition('StatusPatch')] } }, merge);
    expect([patched.metadata.annotations['e2e-patched-ns-status'], patched.status.conditions.at(-1).reason]).toEqual(['changed', 'E2E']);
    const status = ok('GET', `${path}/status`);
    expect(ok('PUT', `${path}/status`, { ...status, status: { ...status.status, conditions: [...status.status.conditions, condition('StatusUpdate')] } }).status.conditions.map((each: Body) => each.type)).toEqual(['StatusPatch', 'StatusUpdate']);
    const found = ok('GET', path);
    expect(ok('PUT', path, { ...found, metadata: { ...found.metadata, labels: { ...found.metadata.labels, changed: 'updated' } } }).metadata.labels['changed']).toBe('updated');
    const fake = 'e2e.example.com/fakeFinalizer';
    expect(ok('PUT', `${path}/finalize`, { ...ok('GET', path), spec: { finalizers: ['kubernetes', fake] } }).spec.finalizers).toEqual(['kubernetes', fake]);
    expect(ok('PUT', `${path}/finalize`, { ...ok('GET', path), spec: { finalizers: ['kubernetes'] } }).spec.finalizers).toEqual(['kubernetes']);
  });

  it('are emptied when they are deleted, pods first', () => {
    const path = namespace('nsdeletetest');
    ok('POST', `${path}/services`, { metadata: { name: 'test-service' }, spec: { selector: { foo: 'bar' }, ports: [{ port: 80, targetPort: 80 }] } });
    ok('POST', `${path}/pods`, podOf('test-pod', { nginx: { image: 'registry.k8s.io/pause:3.10.1' } }, {}, { finalizers: ['e2e.example.com/finalizer'] }));
    ok('POST', `${path}/configmaps`, { metadata: { name: 'test-configmap' }, data: { key: 'value' } });
    bench.until(() => ok('GET', `${path}/pods/test-pod`).status.phase, 'Running', 60_000);
    ok('DELETE', path);
    bench.until(() => `${ok('GET', path).status.phase} ${(ok('GET', path).status.conditions ?? []).map((each: Body) => each.type).sort().join()}`, 'Terminating NamespaceContentRemaining,NamespaceDeletionContentFailure,NamespaceDeletionDiscoveryFailure,NamespaceDeletionGroupVersionParsingFailure,NamespaceFinalizersRemaining', 60_000);
    bench.sleep(45_000);
    ok('GET', `${path}/configmaps/test-configmap`);
    const pod = ok('GET', `${path}/pods/test-pod`);
    expect(pod.metadata.deletionTimestamp).toBeDefined();
    const { finalizers: _, ...metadata } = pod.metadata;
    ok('PUT', `${path}/pods/test-pod`, { ...pod, metadata });
    bench.until(() => String(bench.ask('GET', `${path}/pods/test-pod`).status), '404', 30_000);
    bench.until(() => String(bench.ask('GET', path).status), '404', 60_000);
    namespace('nsdeletetest');
    for (const each of ['pods/test-pod', 'services/test-service', 'configmaps/test-configmap']) expect(bench.ask('GET', `${path}/${each}`).status).toBe(404);
  });
});

describe('ResourceQuota', () => {
  const hard = { services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1', pods: '5', cpu: '1', memory: '500Mi', 'ephemeral-storage': '50Gi', persistentvolumeclaims: '10', 'requests.storage': '10Gi', configmaps: '10', secrets: '10', replicationcontrollers: '10', resourcequotas: '1', 'count/replicasets.apps': '5', 'requests.example.com/dongle': '3' };
  const used = (quota: string, of: readonly string[], is: readonly string[], patienceMs = 60_000): void =>
    bench.until(() => {
      const { status } = ok('GET', quota);
      return of.map((each) => String(status?.used?.[each])).join();
    }, is.join(), patienceMs);
  const pod = (name: string, resources: Json, spec: Json = {}): Json => podOf(name, { pause: { image: 'registry.k8s.io/pause:3.10.1', resources } }, { terminationGracePeriodSeconds: 0, ...spec });

  it('captures the life of services, secrets, ConfigMaps, controllers and pods', () => {
    const path = namespace('quota');
    const quota = `${path}/resourcequotas/test-quota`;
    ok('POST', `${path}/resourcequotas`, { metadata: { name: 'test-quota' }, spec: { hard } });
    used(quota, ['resourcequotas'], ['1']);
    const configMaps = ok('GET', `${path}/configmaps`).items.length;
    used(quota, ['configmaps', 'secrets', 'replicationcontrollers', 'count/replicasets.apps'], [String(configMaps), '0', '0', '0']);
    const service = (name: string, type: string): Json => ({ metadata: { name }, spec: { type, ports: [{ port: 80, targetPort: 80 }] } });
    ok('POST', `${path}/services`, service('test-service', 'ClusterIP'));
    ok('POST', `${path}/services`, service('test-service-np', 'NodePort'));
    expect(refused('POST', `${path}/services`, service('test-service-lb', 'LoadBalancer'))).toMatch(/^403: .*exceeded quota: test-quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1/);
    used(quota, ['services', 'services.nodeports'], ['2', '1']);
    for (const name of ['test-service', 'test-service-np']) ok('DELETE', `${path}/services/${name}`);
    used(quota, ['services', 'services.nodeports'], ['0', '0']);

    const apps = path.replace('/api/v1', '/apis/apps/v1');
    ok('POST', `${path}/secrets`, { metadata: { name: 's' }, stringData: { 'data-1': 'value-1' } });
    ok('POST', `${path}/configmaps`, { metadata: { name: 'c' }, data: { 'data-1': 'value-1' } });
    ok('POST', `${path}/replicationcontrollers`, { metadata: { name: 'test-rc' }, spec: { replicas: 0, selector: { name: 'x' }, template: { ...template('x'), metadata: { labels: { name: 'x' } } } } });
    ok('POST', `${apps}/replicasets`, { metadata: { name: 'test-rs' }, spec: { replicas: 0, selector: { matchLabels: { app: 'y' } }, template: template('y') } });
    used(quota, ['secrets', 'configmaps', 'replicationcontrollers', 'count/replicasets.apps'], ['1', String(configMaps + 1), '1', '1']);
    ok('DELETE', `${path}/secrets/s`);
    ok('DELETE', `${path}/configmaps/c`);
    ok('DELETE', `${path}/replicationcontrollers/test-rc`, { propagationPolicy: 'Background' });
    ok('DELETE', `${apps}/replicasets/test-rs`);
    used(quota, ['secrets', 'configmaps', 'replicationcontrollers', 'count/replicasets.apps'], ['0', String(configMaps), '0', '0']);

    const dongles = { 'example.com/dongle': '2' };
    const fits = ok('POST', `${path}/pods`, pod('test-pod', { requests: { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', ...dongles }, limits: dongles }));
    const counted = ['pods', 'cpu', 'memory', 'ephemeral-storage', 'requests.example.com/dongle'];
    used(quota, counted, ['1', '500m', '252Mi', '30Gi', '2']);
    expect(refused('POST', `${path}/pods`, pod('fail-pod', { requests: { cpu: '600m', memory: '100Mi' } }))).toMatch(/^403/);
    expect(refused('POST', `${path}/pods`, pod('fail-pod-2', { requests: { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '30Gi', ...dongles }, limits: dongles }))).toMatch(/^403/);
    expect(refused('PUT', `${path}/pods/test-pod`, { ...fits, spec: { ...fits.spec, containers: [{ ...fits.spec.containers[0], resources: { ...fits.spec.containers[0].resources, requests: { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '10Gi' } } }] } })).toMatch(/^(409|422)/);
    used(quota, counted, ['1', '500m', '252Mi', '30Gi', '2']);
    ok('DELETE', `${path}/pods/test-pod`, { gracePeriodSeconds: 0 });
    used(quota, counted, ['0', '0', '0', '0', '0']);
  });

  it('by scope; changed, patched and deleted together; its status is put right again', () => {
    const path = namespace('quota-scopes');
    const scoped = (name: string, scope: string, limits: Json): void => void ok('POST', `${path}/resourcequotas`, { metadata: { name }, spec: { hard: limits, scopes: [scope] } });
    const all = { pods: '5', 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' };
    scoped('terminating', 'Terminating', all);
    scoped('not-terminating', 'NotTerminating', all);
    scoped('besteffort', 'BestEffort', { pods: '5' });
    scoped('not-besteffort', 'NotBestEffort', { pods: '5' });
    const of = (name: string): string => `${path}/resourcequotas/${name}`;
    for (const name of ['terminating', 'not-terminating', 'besteffort', 'not-besteffort']) used(of(name), ['pods'], ['0']);
    const sized = { requests: { cpu: '500m', memory: '200Mi' }, limits: { cpu: '1', memory: '400Mi' } };
    ok('POST', `${path}/pods`, pod('long', sized));
    used(of('not-terminating'), Object.keys(all), ['1', '500m', '200Mi', '1', '400Mi']);
    for (const name of ['terminating', 'besteffort']) used(of(name), ['pods'], ['0']);
    used(of('not-besteffort'), ['pods'], ['1']);
    ok('DELETE', `${path}/pods/long`, { gracePeriodSeconds: 0 });
    used(of('not-terminating'), Object.keys(all), ['0', '0', '0', '0', '0']);
    ok('POST', `${path}/pods`, pod('terminating-pod', sized, { activeDeadlineSeconds: 3600 }));
    used(of('terminating'), Object.keys(all), ['1', '500m', '200Mi', '1', '400Mi']);
    used(of('not-terminating'), ['pods'], ['0']);
    ok('DELETE', `${path}/pods/terminating-pod`, { gracePeriodSeconds: 0 });
    for (const name of ['terminating', 'not-terminating']) ok('DELETE', of(name));
    ok('POST', `${path}/pods`, pod('pfpod', {}));
    used(of('besteffort'), ['pods'], ['1']);
    used(of('not-besteffort'), ['pods'], ['0']);
    ok('DELETE', `${path}/pods/pfpod`, { gracePeriodSeconds: 0 });
    used(of('besteffort'), ['pods'], ['0']);

    const made = { metadata: { name: 'life', labels: { e2e: 'rq' } }, spec: { hard: { cpu: '500m', memory: '500Mi' } } };
    ok('POST', `${path}/resourcequotas`, made);
    // Without a resource version, as the suite does.
    expect(ok('PUT', of('life'), { ...made, spec: { hard: { cpu: '2', memory: '1Gi' } } }).spec.hard).toEqual({ cpu: '2', memory: '1Gi' });
    const watch = bench.watch(`${path}/resourcequotas?watch=true&labelSelector=e2e%3Drq`);
    expect(ok('PATCH', of('life'), { metadata: { labels: { life: 'patched' } }, spec: { hard: { cpu: '1', memory: '750Mi' } } }, strategic)).toMatchObject({ metadata: { labels: { life: 'patched' } }, spec: { hard: { memory: '750Mi' } } });
    const status = ok('GET', `${of('life')}/status`);
    expect(ok('PUT', `${of('life')}/status`, { ...status, status: { hard: status.spec.hard } }).status.hard).toEqual(status.spec.hard);
    const repatched = ok('PATCH', `${of('life')}/status`, { status: { hard: { cpu: '2', memory: '2Gi' } } }, strategic);
    expect([repatched.status.hard, repatched.spec.hard]).toEqual([{ cpu: '2', memory: '2Gi' }, { cpu: '1', memory: '750Mi' }]);
    bench.sleep(500);
    expect(watch.events.map(({ object }) => object.status?.hard?.memory)).toContain('2Gi');
    bench.until(() => JSON.stringify(ok('GET', of('life')).status.hard), '{"cpu":"1","memory":"750Mi"}', 360_000);
    expect(ok('GET', '/api/v1/resourcequotas?labelSelector=e2e%3Drq').items).toHaveLength(1);
    ok('DELETE', `${path}/resourcequotas?labelSelector=e2e%3Drq`);
    expect(bench.ask('GET', of('life')).status).toBe(404);
  });
});

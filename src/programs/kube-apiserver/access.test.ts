import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import type { Task } from '../../kernel/task.ts';
import { encodeToken } from '../../wire/service-account-token.ts';
import { catching } from './testing/refusals.ts';
import { accountKey, clientIdentity, createSmallWorld, shortLivedIdentity } from './testing/small-world.ts';

type Any = ApiObject & Record<string, any>;
const rbac = (resource: string): ResourceRef => ({ group: 'rbac.authorization.k8s.io', version: 'v1', resource });
const signing: ResourceRef = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' };
const apiVersion = 'rbac.authorization.k8s.io/v1';
const role = (name: string, ...rules: object[]): Any => ({ apiVersion, kind: 'ClusterRole', metadata: { name }, rules }) as Any;
const binding = (name: string, to: string, user: string): Any => ({ apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: to }, subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }] }) as Any;
const manageRoles = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles', 'clusterrolebindings'], verbs: ['create', 'get', 'update', 'patch'] };
const readPods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
const jane = { tls: clientIdentity('jane', 'dev') };

function* prepare(client: ApiClient): Task<void> {
  yield* client.create(rbac('clusterroles'), '', role('roles', manageRoles, readPods));
  yield* client.create(rbac('clusterrolebindings'), '', binding('jane', 'roles', 'jane'));
}

describe('who may grant', () => {
  it('grants what he holds, and nothing else', () => {
    const { run } = createSmallWorld();
    run(prepare);
    const result = run(function* (client) {
      return [
        (yield* client.create(rbac('clusterroles'), '', role('readers', readPods))).metadata.name,
        yield* catching(() => client.create(rbac('clusterroles'), '', role('more', { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list', 'delete'] }, { nonResourceURLs: ['/metrics'], verbs: ['get'] }))),
        yield* catching(() => client.patch(rbac('clusterroles'), '', 'readers', 'application/merge-patch+json', { rules: [{ ...readPods, verbs: ['*'] }] })),
        yield* catching(() => client.create(rbac('clusterroles'), '', { apiVersion, kind: 'ClusterRole', metadata: { name: 'all' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: 'y' } }] } } as Any)),
        (yield* client.create(rbac('clusterrolebindings'), '', binding('readers', 'readers', 'bob'))).metadata.name,
        yield* catching(() => client.create(rbac('clusterrolebindings'), '', binding('admins', 'cluster-admin', 'bob'))),
        yield* catching(() => client.create(rbac('clusterrolebindings'), '', binding('nobody', 'missing', 'bob'))),
      ];
    }, jane);
    const attempt = 'user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n';
    expect(result).toEqual([
      'readers',
      `clusterroles.rbac.authorization.k8s.io "more" is forbidden: ${attempt}{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "delete"]}\n{NonResourceURLs:["/metrics"], Verbs:["get"]}`,
      `clusterroles.rbac.authorization.k8s.io "readers" is forbidden: ${attempt}{APIGroups:[""], Resources:["pods"], Verbs:["*"]}`,
      'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule',
      'readers',
      `clusterrolebindings.rbac.authorization.k8s.io "admins" is forbidden: ${attempt}{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}`,
      'clusterroles.rbac.authorization.k8s.io "missing" not found',
    ]);
  });

  it('may be given the right to bind and to escalate', () => {
    const { run } = createSmallWorld();
    run(prepare);
    run(function* (client) {
      yield* client.create(rbac('clusterroles'), '', role('trusted', { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], resourceNames: ['view', 'grown'], verbs: ['bind', 'escalate'] }));
      yield* client.create(rbac('clusterrolebindings'), '', binding('trusted', 'trusted', 'jane'));
    });
    const result = run(function* (client) {
      const bound = yield* client.create(rbac('clusterrolebindings'), '', binding('viewers', 'view', 'bob'));
      const grown = yield* client.create(rbac('clusterroles'), '', role('grown', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }));
      return [bound.metadata.name, grown.metadata.name];
    }, jane);
    expect(result).toEqual(['viewers', 'grown']);
  });
});

describe('acting as somebody else', () => {
  it('is a right for the user, each group, uid and extra value', () => {
    const { run } = createSmallWorld();
    run(function* (client) {
      yield* client.create(rbac('clusterroles'), '', role('as-bob', { apiGroups: [''], resources: ['users'], resourceNames: ['bob'], verbs: ['impersonate'] }, { apiGroups: ['authentication.k8s.io'], resources: ['userextras/scopes'], resourceNames: ['view'], verbs: ['impersonate'] }));
      yield* client.create(rbac('clusterrolebindings'), '', binding('as-bob', 'as-bob', 'jane'));
    });
    const who = (headers: Record<string, string>) =>
      run(function* (client) {
        const answer = yield* client.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }, headers });
        return (answer.body as Any).status?.userInfo ?? (answer.body as Any).message;
      }, jane);
    expect(who({ 'impersonate-user': 'bob' })).toEqual({ username: 'bob', groups: ['system:authenticated'] });
    expect(who({ 'impersonate-user': 'bob', 'impersonate-extra-scopes': 'view' })).toEqual({ username: 'bob', groups: ['system:authenticated'], extra: { scopes: ['view'] } });
    expect(who({ 'impersonate-user': 'bob', 'impersonate-extra-scopes': 'edit' })).toBe('userextras.authentication.k8s.io "edit" is forbidden: User "jane" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope');
    expect(who({ 'impersonate-user': 'bob', 'impersonate-uid': '1' })).toBe('uids.authentication.k8s.io "1" is forbidden: User "jane" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope');
    expect(who({ 'impersonate-user': 'bob', 'impersonate-group': 'dev' })).toBe('groups "dev" is forbidden: User "jane" cannot impersonate resource "groups" in API group "" at the cluster scope');
    expect(who({ 'impersonate-user': 'system:serviceaccount:a:b' })).toBe('serviceaccounts "b" is forbidden: User "jane" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a"');
  });
});

/** `openssl req -new -newkey ed25519 -nodes -subj /O=ops/CN=jane` */
const realRequest = '-----BEGIN CERTIFICATE REQUEST-----\nMIHvMIGiAgEAMB0xDDAKBgNVBAoMA29wczENMAsGA1UEAwwEamFuZTAqMAUGAytl\ncAMhAL1S+2Rbr9w9jJYr6t3+tqcDhHW2mM9dlcCw1yPYmuNfoFIwUAYJKoZIhvcN\nAQkOMUMwQTA/BgNVHREEODA2gglhLmV4YW1wbGWHBAoAAAGHEP0AAAAAAAAAAAAA\nAAAAAAGBBWpAeC55hgpzcGlmZmU6Ly9hMAUGAytlcANBAF1Q3GvH9xO8VVNmuN7A\nqh8A2uqrh6+hyUgyAr2/mE6iy6+w+0mJamPPALkjuwFXj8Upa+33+s/ushT4Juxa\nKQA=\n-----END CERTIFICATE REQUEST-----\n';
const request = (name: string, spec: object = {}): Any => ({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec: { request: encodeBase64(realRequest), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], ...spec } }) as Any;
const inPem = (facts: object): string => encodeBase64(`-----BEGIN CERTIFICATE REQUEST-----\n${encodeBase64(JSON.stringify(facts))}\n-----END CERTIFICATE REQUEST-----\n`);

describe('certificate signing requests', () => {
  it('carry who asked, whatever the client says', () => {
    const { run } = createSmallWorld();
    run(function* (client) {
      yield* client.create(rbac('clusterroles'), '', role('ask', { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests', 'certificatesigningrequests/approval'], verbs: ['*'] }));
      yield* client.create(rbac('clusterrolebindings'), '', binding('ask', 'ask', 'jane'));
    });
    const result = run(function* (client) {
      const made = yield* client.create<Any>(signing, '', request('a', { username: 'root', groups: ['system:masters'] }));
      const approved = { ...made, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'X', message: '' }] } } as Any;
      return [made['spec'].username, made['spec'].groups, made['status'], yield* catching(() => client.subresource('PUT', signing, '', 'a', 'approval', approved))];
    }, jane);
    expect(result).toEqual(['jane', ['dev', 'system:authenticated'], {}, 'certificatesigningrequests.certificates.k8s.io "a" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"']);
  });

  it('are checked', () => {
    const { run } = createSmallWorld();
    const create = (name: string, spec: object) => run((client) => client.create(signing, '', request(name, spec)));
    expect(create('a', { request: encodeBase64('hello') })).toBe('CertificateSigningRequest.certificates.k8s.io "a" is invalid: spec.request: Invalid value: "aGVsbG8=": PEM block type must be CERTIFICATE REQUEST');
    expect(create('b', { usages: ['x'] })).toContain('spec.usages[0]: Unsupported value: "x": supported values: "any", "cert sign"');
    expect(create('c', { signerName: 'me' })).toBe('CertificateSigningRequest.certificates.k8s.io "c" is invalid: spec.signerName: Invalid value: "me": must be a fully qualified domain and path of the form "example.com/signer-name"');
    expect(create('d', { expirationSeconds: 5 })).toBe('CertificateSigningRequest.certificates.k8s.io "d" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 600 seconds (10 minutes)');
    expect(create('e', { request: inPem({ commonName: 'jane', organizations: ['system:masters'] }) })).toBe('certificatesigningrequests.certificates.k8s.io "e" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed');
  });

  it('are approved once, for good', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const made = yield* client.create<Any>(signing, '', request('a'));
      const decide = (type: string) => client.subresource<Any>('PUT', signing, '', 'a', 'approval', { ...made, metadata: { name: 'a' }, status: { conditions: [{ type, status: 'True', reason: 'KubectlApprove', message: '' }] } } as Any);
      const approved = yield* decide('Approved');
      return [approved['status'].conditions[0].lastUpdateTime === approved['status'].conditions[0].lastTransitionTime, yield* catching(() => decide('Denied'))];
    });
    expect(result).toEqual([true, 'CertificateSigningRequest.certificates.k8s.io "a" is invalid: status.conditions: Forbidden: updates may not remove a condition of type "Approved"']);
  });
});

const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const review = (client: ApiClient, group: string, kind: string, spec: object, namespace = '') =>
  catching(function* () {
    const path = `/apis/${group}/v1/${namespace === '' ? '' : `namespaces/${namespace}/`}${kind.toLowerCase()}s`;
    return ((yield* client.raw('POST', path, { body: { apiVersion: `${group}/v1`, kind, spec } })).body as Any)['status'];
  });
const account = (name: string): Any => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }) as Any;

describe('tokens', () => {
  it('are for an audience and for a time, and end with what they are bound to', () => {
    const { run, world } = createSmallWorld();
    const token = (client: ApiClient, spec: object) => catching(function* () {
      return (yield* client.subresource<Any>('POST', core('serviceaccounts'), 'default', 'robot', 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec } as unknown as Any))['status'].token as string;
    });
    const who = (client: ApiClient, text: string, audiences?: readonly string[]) => review(client, 'authentication.k8s.io', 'TokenReview', { token: text, ...(audiences === undefined ? {} : { audiences }) });
    const made = run(function* (client) {
      yield* client.create(core('serviceaccounts'), 'default', account('robot'));
      yield* client.create(core('serviceaccounts'), 'default', account('default'));
      yield* client.create(core('secrets'), 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } } as Any);
      const pod = yield* client.create<Any>(core('pods'), 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'x' }] } } as Any);
      return {
        plain: yield* token(client, { expirationSeconds: 600 }),
        vault: yield* token(client, { audiences: ['vault'] }),
        secret: yield* token(client, { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 's' } }),
        pod: yield* token(client, { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: pod.metadata.uid } }),
        short: yield* token(client, { expirationSeconds: 5 }),
        long: yield* token(client, { expirationSeconds: 2 ** 33 }),
        wrong: yield* token(client, { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'other' } }),
        odd: yield* token(client, { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'p' } }),
      };
    }) as Record<string, string>;
    expect([made['short'], made['odd']]).toEqual(['TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes', 'cannot bind token to object of type apps/v1, Kind=Deployment']);
    expect(made['wrong']).toContain('Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (other) does not match the UID in record');
    const seen = run(function* (client) {
      const all = [yield* who(client, made['plain'] as string), yield* who(client, made['vault'] as string), yield* who(client, made['vault'] as string, ['vault', 'x']), yield* who(client, made['pod'] as string), yield* who(client, made['secret'] as string)] as Any[];
      yield* client.delete(core('secrets'), 'default', 's');
      return [...all, yield* who(client, made['secret'] as string), yield* who(client, 'a.b.c')] as Any[];
    }) as Any[];
    expect(seen[0]).toMatchObject({ authenticated: true, user: { username: 'system:serviceaccount:default:robot', groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'] } });
    expect(seen[1]?.['error']).toContain('is invalid for the target audiences');
    expect(seen[2]).toMatchObject({ authenticated: true, audiences: ['vault'] });
    expect(seen[3]?.['user'].extra['authentication.kubernetes.io/pod-name']).toEqual(['p']);
    expect(seen[4]).toMatchObject({ authenticated: true });
    expect(seen[5]?.['error']).toBe('[invalid bearer token, service account token has been invalidated]');
    expect(seen[6]?.['error']).toBe('invalid bearer token');
    world.run(world.nowMs + 700_000);
    expect(run((client) => who(client, made['plain'] as string))).toEqual({ user: {}, error: '[invalid bearer token, service account token has expired]' });
  });
});

describe('tokens of the old kind', () => {
  it('are good as long as their secret holds them', () => {
    const { run } = createSmallWorld();
    const secrets = core('secrets');
    const result = run(function* (client) {
      const { metadata } = yield* client.create(core('serviceaccounts'), 'default', account('robot'));
      const claims = { iss: 'kubernetes/serviceaccount' as const, 'kubernetes.io/serviceaccount/namespace': 'default', 'kubernetes.io/serviceaccount/secret.name': 's', 'kubernetes.io/serviceaccount/service-account.name': 'robot', 'kubernetes.io/serviceaccount/service-account.uid': metadata.uid ?? '', sub: 'system:serviceaccount:default:robot' };
      const token = encodeToken(claims, accountKey);
      yield* client.create(secrets, 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { token: encodeBase64(token) } } as Any);
      const good = yield* review(client, 'authentication.k8s.io', 'TokenReview', { token });
      yield* client.delete(secrets, 'default', 's');
      return [(good as Any)['user'].username, yield* review(client, 'authentication.k8s.io', 'TokenReview', { token })];
    });
    expect(result).toEqual(['system:serviceaccount:default:robot', { user: {}, error: '[invalid bearer token, Token has been invalidated]' }]);
  });
});

describe('reviews', () => {
  it('answer for oneself, for others, and refuse what they cannot read', () => {
    const { run } = createSmallWorld();
    run(prepare);
    const pods = { verb: 'list', resource: 'pods', namespace: 'default' };
    const result = run(function* (client) {
      return [
        yield* review(client, 'authorization.k8s.io', 'SelfSubjectAccessReview', { resourceAttributes: pods }),
        yield* review(client, 'authorization.k8s.io', 'SelfSubjectAccessReview', {}),
        yield* review(client, 'authorization.k8s.io', 'SubjectAccessReview', { user: 'bob', resourceAttributes: pods }),
        ((yield* review(client, 'authorization.k8s.io', 'SelfSubjectRulesReview', { namespace: 'default' })) as Any)['resourceRules'].some((rule: Any) => rule['resources'].includes('pods')),
        yield* review(client, 'authorization.k8s.io', 'SelfSubjectRulesReview', {}),
      ];
    }, jane);
    expect(result).toEqual([
      { allowed: true, reason: 'RBAC: allowed by ClusterRoleBinding "jane" of ClusterRole "roles" to User "jane"' },
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      'subjectaccessreviews.authorization.k8s.io is forbidden: User "jane" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope',
      true,
      'no namespace on request',
    ]);
    const asAdmin = run(function* (client) {
      return [
        yield* review(client, 'authorization.k8s.io', 'SubjectAccessReview', { user: 'bob', groups: ['system:masters'], nonResourceAttributes: { path: '/x', verb: 'get' } }),
        yield* review(client, 'authorization.k8s.io', 'LocalSubjectAccessReview', { user: 'bob', resourceAttributes: { ...pods, namespace: 'other' } }, 'default'),
        yield* review(client, 'authorization.k8s.io', 'SubjectAccessReview', { user: 'bob', groups: 'x' }),
      ];
    });
    expect(asAdmin).toEqual([{ allowed: true }, 'spec.resourceAttributes.namespace must match namespace: default', expect.stringContaining('cannot unmarshal string into Go struct field')]);
  });
});

describe('a node', () => {
  it('sees and changes only what is its own', () => {
    const { run } = createSmallWorld();
    const pod = (name: string, node: string, secretName: string): Any => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName: node, containers: [{ name: 'c', image: 'x' }], volumes: [{ name: 's', secret: { secretName } }] } }) as Any;
    const nodeObject = (name: string, labels: object = {}): Any => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }) as Any;
    run(function* (client) {
      yield* client.create(core('serviceaccounts'), 'default', account('default'));
      for (const name of ['mine', 'theirs']) yield* client.create(core('secrets'), 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name } } as Any);
      yield* client.create(core('nodes'), '', nodeObject('n2'));
      yield* client.create(core('pods'), 'default', pod('a', 'n1', 'mine'));
      yield* client.create(core('pods'), 'default', pod('b', 'n2', 'theirs'));
    });
    const result = run(function* (client) {
      const name = (work: () => Task<Any>) => catching(function* () {
        return (yield* work()).metadata.name;
      });
      return [
        yield* name(() => client.create(core('nodes'), '', nodeObject('n1', { 'node-restriction.kubernetes.io/x': 'y' }))),
        yield* name(() => client.create(core('nodes'), '', nodeObject('n1', { 'kubernetes.io/hostname': 'n1', plain: 'y' }))),
        yield* name(() => client.patch(core('nodes'), '', 'n1', 'application/merge-patch+json', { spec: { taints: [] } })),
        yield* name(() => client.patch(core('nodes'), '', 'n2', 'application/merge-patch+json', { metadata: { labels: { plain: 'z' } } })),
        yield* name(() => client.get(core('nodes'), '', 'n2')),
        yield* name(() => client.get(core('secrets'), 'default', 'mine')),
        yield* name(() => client.get(core('secrets'), 'default', 'theirs')),
        yield* name(() => client.get(core('pods'), 'default', 'b')),
        yield* catching(() => client.delete(core('pods'), 'default', 'b')),
        yield* catching(() => client.subresource('POST', core('pods'), 'default', 'b', 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'b' } } as unknown as Any)),
        yield* name(() => client.create(core('pods'), 'default', pod('c', 'n1', 'mine'))),
        yield* catching(() => client.list({ group: '', version: 'v1', resource: 'nodes' }, '')),
      ];
    }, { tls: clientIdentity('system:node:n1', 'system:nodes') });
    const none = "no relationship found between node 'n1' and this object";
    expect(result).toEqual([
      'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x',
      'n1',
      'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
      `nodes "n2" is forbidden: User "system:node:n1" cannot get resource "nodes" in API group "" at the cluster scope: node 'n1' cannot read 'n2', only its own Node object`,
      'mine',
      `secrets "theirs" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": ${none}`,
      `pods "b" is forbidden: User "system:node:n1" cannot get resource "pods" in API group "" in the namespace "default": ${none}`,
      'pods "b" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
      'pods "b" is forbidden: node n1 can only evict pods with spec.nodeName set to itself',
      'pods "c" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
      `nodes is forbidden: User "system:node:n1" cannot list resource "nodes" in API group "" at the cluster scope: node 'n1' cannot read all nodes, only its own Node object`,
    ]);
  });
});

describe('a client certificate', () => {
  it('that ends is refused from then on, also on a connection that is open', () => {
    const { run } = createSmallWorld();
    const result = run(
      function* (client, host) {
        const ask = () => catching(function* () {
          return (yield* client.raw('GET', '/api/v1/namespaces/default')).status;
        });
        const before = yield* ask();
        yield* host.clock.sleep(120_000);
        return [before, yield* ask()];
      },
      { tls: shortLivedIdentity(90_000, 'late', 'system:masters'), maxMs: 300_000 },
    );
    expect(result).toEqual([200, 'Unauthorized']);
  });
});

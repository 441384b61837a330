// The essence of sig-apps' (and some of sig-cli's and sig-auth's) conformance tests that need what their containers do: Jobs, StatefulSets, replicas that answer.
import { beforeAll, describe, expect, it } from 'vitest';
import { agnhost, busybox, ConformanceBench, type Json, mounttest, podOf } from '../testing/conformance-bench.ts';

const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4';
const odd = 'if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then\nexit 1\nelse\nexit 0\nfi';

function job(name: string, command: readonly string[], spec: Json, restartPolicy = 'Never'): Json {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { parallelism: 2, completions: 4, backoffLimit: 6, ...spec, template: { metadata: { labels: { job: name } }, spec: { restartPolicy, volumes: [{ name: 'data', emptyDir: {} }], containers: [{ name: 'c', image: busybox, command, volumeMounts: [{ mountPath: '/data', name: 'data' }] }] } } } };
}
const indexed = { completionMode: 'Indexed' };
const once = 'if [[ -r /data/foo ]]\nthen\nexit 0\nelse\ntouch /data/foo\nexit 1\nfi';

const jobs: readonly { readonly test: string; readonly job: Json; readonly condition: string; readonly status: Json }[] = [
  { test: 'should run a job to completion when tasks sometimes fail and are locally restarted', job: job('once', ['/bin/sh', '-c', once], {}, 'OnFailure'), condition: 'Complete CompletionsReached', status: { succeeded: 4 } },
  { test: 'should allow to use the pod failure policy on exit code to fail the job early', job: job('early', ['/bin/sh', '-c', 'exit 1'], { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] } }), condition: 'Failed PodFailurePolicy', status: {} },
  { test: 'should execute all indexes despite some failing when using backoffLimitPerIndex', job: job('per-index', ['sh', '-c', odd], { ...indexed, backoffLimitPerIndex: 1 }), condition: 'Failed FailedIndexes', status: { failedIndexes: '1,3', completedIndexes: '0,2', failed: 4, succeeded: 2 } },
  { test: 'should mark indexes as failed when the FailIndex action is matched in podFailurePolicy', job: job('fail-index', ['sh', '-c', odd], { ...indexed, backoffLimitPerIndex: 1, podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }] } }), condition: 'Failed FailedIndexes', status: { failedIndexes: '1,3', completedIndexes: '0,2', failed: 2, succeeded: 2 } },
  { test: 'should terminate job execution when the number of failed indexes exceeds maxFailedIndexes', job: job('max-failed', ['sh', '-c', 'exit 1'], { ...indexed, parallelism: 1, completions: 10, backoffLimitPerIndex: 0, maxFailedIndexes: 0 }), condition: 'Failed MaxFailedIndexesExceeded', status: { failedIndexes: '0', failed: 1 } },
  { test: 'with successPolicy should succeeded when all indexes succeeded', job: job('policy-all', ['/bin/sh', '-c', 'exit 0'], { ...indexed, completions: 2, successPolicy: { rules: [{ succeededCount: 2 }] } }), condition: 'Complete SuccessPolicy', status: { completedIndexes: '0,1', succeeded: 2 } },
  { test: 'with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending', job: job('policy-indexes', ['/bin/sh', '-c', 'if [[ $JOB_COMPLETION_INDEX -eq 0 ]]; then exit 0; fi; sleep 10000'], { ...indexed, completions: 2, successPolicy: { rules: [{ succeededIndexes: '0' }] } }), condition: 'Complete SuccessPolicy', status: { completedIndexes: '0', succeeded: 1 } },
  { test: 'with successPolicy succeededCount rule should succeeded even when some indexes remain pending', job: job('policy-count', ['/bin/sh', '-c', 'if [[ $JOB_COMPLETION_INDEX -eq 1 ]]; then exit 0; fi; sleep 10000'], { ...indexed, completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededCount: 1 }] } }), condition: 'Complete SuccessPolicy', status: { completedIndexes: '1', succeeded: 1 } },
];

for (const preset of ['default', 'conformance'] as const) {
  describe(`apps, ${preset}`, () => {
    let bench: ConformanceBench;
    const jsonpath = (what: string, path: string): (() => string) => () => bench.value(what, path);
    beforeAll(() => {
      bench = new ConformanceBench(preset);
      bench.create(...jobs.map((each) => each.job));
    });

    it.each(jobs)('Job $test', ({ job: made, condition, status }) => {
      const name = `job ${(made['metadata'] as { readonly name: string }).name}`;
      bench.until(jsonpath(name, '.status.conditions[?(@.status=="True")].type'), /Complete|Failed\b(?!Target)/, 300_000);
      const [type, reason] = condition.split(' ');
      const seen = bench.get<{ readonly status: Json & { readonly conditions: readonly { readonly type: string; readonly reason: string }[] } }>(name).status;
      expect(seen.conditions.filter((each) => each.type !== 'Suspended').map((each) => `${each.type} ${each.reason}`)).toEqual([`${type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'} ${reason}`, condition]);
      expect(seen).toMatchObject(status);
      expect(seen['active'] ?? 0).toBe(0);
    });

    it('ReplicaSet and ReplicationController serve a basic image on each replica', () => {
      const template = (app: string): Json => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image: agnhost, args: ['serve-hostname'], ports: [{ containerPort: 9376 }] }] } });
      bench.create(
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'basic-rs' }, spec: { replicas: 2, selector: { matchLabels: { app: 'basic-rs' } }, template: template('basic-rs') } },
        { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'basic-rc' }, spec: { replicas: 2, selector: { app: 'basic-rc' }, template: template('basic-rc') } },
      );
      for (const app of ['basic-rs', 'basic-rc']) {
        bench.until(jsonpath(`pods -l app=${app}`, '.items[*].status.phase'), 'Running Running');
        for (const pod of bench.value(`pods -l app=${app}`, '.items[*].metadata.name').split(' ')) bench.until(() => bench.kubectl(`get --raw /api/v1/namespaces/default/pods/${pod}:9376/proxy/`).text, pod);
      }
    });

    it('StatefulSet: ordered scaling halts at an unhealthy pod; burst scaling does not; canary and phased updates, and back', () => {
      const set = (name: string, more: Json): Json => ({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name }, spec: { serviceName: 'test', replicas: 3, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'webserver', image: httpd, readinessProbe: { httpGet: { path: '/index.html', port: 80 }, periodSeconds: 1, successThreshold: 1, failureThreshold: 1 } }] } }, ...more } });
      bench.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'test' }, spec: { clusterIP: 'None', selector: { app: 'ss' }, ports: [{ port: 80 }] } }, set('ss', { replicas: 1 }), set('burst', { replicas: 1, podManagementPolicy: 'Parallel' }), set('phased', {}));
      for (const name of ['ss', 'burst']) bench.until(jsonpath(`statefulset ${name}`, '.status.readyReplicas'), '1');
      for (const name of ['ss-0', 'burst-0']) {
        expect(bench.exec(name, '/bin/sh', '-x', '-c', 'mv -v /usr/local/apache2/htdocs/index.html /tmp/ || true').code).toBe(0);
        bench.until(jsonpath(`pod ${name}`, '.status.conditions[?(@.type=="Ready")].status'), 'False');
      }
      bench.kubectl('scale statefulset ss burst --replicas=3');
      bench.until(jsonpath('statefulset burst', '.status.replicas'), '3');
      bench.world.run(bench.world.nowMs + 10_000);
      expect(bench.value('statefulset ss', '.status.replicas')).toBe('1');
      for (const name of ['ss-0', 'burst-0']) bench.exec(name, '/bin/sh', '-x', '-c', 'mv -v /tmp/index.html /usr/local/apache2/htdocs/ || true');
      for (const name of ['ss', 'burst', 'phased']) bench.until(jsonpath(`statefulset ${name}`, '.status.readyReplicas'), '3');
      const before = bench.value('statefulset phased', '.status.currentRevision');
      const image = (tag: string): string => bench.kubectl(`set image statefulset/phased webserver=registry.k8s.io/e2e-test-images/httpd:${tag}`).text;
      const revisions = (): string => [0, 1, 2].map((n) => (bench.value(`pod phased-${n}`, ".metadata.labels['controller-revision-hash']") === before ? 'old' : 'new')).join(' ');
      bench.kubectl('patch statefulset phased -p {"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}}}');
      image('2.4.39-4');
      bench.until(() => `${revisions()} ${bench.value('statefulset phased', '.status.readyReplicas')}`, 'old old new 3');
      bench.kubectl('patch statefulset phased -p {"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}}}');
      bench.until(() => `${revisions()} ${bench.value('statefulset phased', '.status.readyReplicas')}`, 'new new new 3');
      image('2.4.38-4');
      bench.until(() => `${revisions()} ${bench.value('statefulset phased', '.status.currentRevision') === before ? 'back' : ''}`, 'old old old back');
      bench.kubectl('scale statefulset ss burst phased --replicas=0');
      for (const name of ['ss', 'burst', 'phased']) bench.until(jsonpath(`statefulset ${name}`, '.status.replicas'), '0');
    });

    it('Update Demo: replicas of nautilus serve their picture; kubectl logs filters; guestbook writes through and reads back', () => {
      const frontend = (name: string, args: readonly string[], port: number): Json[] => [
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: agnhost, args, ports: [{ containerPort: port }] }] } } } },
        { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port }] } },
      ];
      bench.create(
        { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'update-demo-nautilus' }, spec: { replicas: 2, selector: { name: 'update-demo' }, template: { metadata: { labels: { name: 'update-demo' } }, spec: { containers: [{ name: 'update-demo', image: 'registry.k8s.io/e2e-test-images/nautilus:1.7', ports: [{ containerPort: 80 }] }] } } } },
        ...frontend('agnhost-primary', ['guestbook', '--http-port', '6379'], 6379),
        ...frontend('agnhost-replica', ['guestbook', '--replicaof', 'agnhost-primary', '--http-port', '6379'], 6379),
        ...frontend('frontend', ['guestbook', '--backend-port', '6379'], 80),
      );
      bench.until(jsonpath('pods -l name=update-demo', '.items[*].status.phase'), 'Running Running');
      for (const pod of bench.value('pods -l name=update-demo', '.items[*].metadata.name').split(' ')) expect(bench.kubectl(`get --raw /api/v1/namespaces/default/pods/${pod}/proxy/data.json`).text).toMatch(/"image": "nautilus.jpg"/);
      bench.kubectl(`run logs-generator --image=${agnhost} --restart=Never --pod-running-timeout=2m0s -- logs-generator --log-lines-total 100 --run-duration 20s`);
      bench.until(() => bench.logs('logs-generator'), /\/api\/v1\/namespaces\//);
      bench.world.run(bench.world.nowMs + 5000);
      expect(bench.logs('logs-generator', '--tail=1').trim().split('\n')).toHaveLength(1);
      expect(bench.logs('logs-generator', '--limit-bytes=1')).toHaveLength(1);
      expect(bench.logs('logs-generator', '--tail=1', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /);
      const lines = (since: string): number => bench.logs('logs-generator', `--since=${since}`).split('\n').length;
      expect(lines('1s')).toBeLessThan(lines('24h'));
      const front = (query: string): string => bench.kubectl(`get --raw /api/v1/namespaces/default/services/frontend/proxy/guestbook?${query}`).text;
      bench.until(() => front('cmd=get&key=messages&value='), '{"data":""}', 60_000);
      expect(front('cmd=set&key=messages&value=TestEntry')).toBe('{"message":"Updated"}');
      bench.until(() => front('cmd=get&key=messages&value='), '{"data":"TestEntry"}', 60_000);
    });

    it('ServiceAccounts should mount an API token, and a projected one; ephemeral containers; exec and logs over websockets', () => {
      bench.create(
        podOf('token', { test: { args: ['pause'] } }),
        podOf('token-projected', { test: { ...mounttest('--file_content=/var/run/secrets/tokens/sa'), volumeMounts: [{ name: 't', mountPath: '/var/run/secrets/tokens' }] } }, { volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 'sa', expirationSeconds: 3600 } }] } }] }),
      );
      bench.ready('token');
      const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
      expect(bench.exec('token', 'cat', `${folder}/token`).text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(bench.exec('token', 'cat', `${folder}/namespace`).text).toBe('default');
      expect(bench.exec('token', 'cat', `${folder}/ca.crt`).text).toBe(bench.value('configmap kube-root-ca.crt', '.data.ca\\.crt'));
      bench.phase('token-projected', 'Succeeded');
      expect(bench.logs('token-projected')).toMatch(/content of file "\/var\/run\/secrets\/tokens\/sa": [\w-]+\.[\w-]+\.[\w-]+/);
      expect(bench.exec('token', '/bin/sh', '-c', 'echo remote execution test; exit 3').text).toContain('remote execution test');
    });
  });
}

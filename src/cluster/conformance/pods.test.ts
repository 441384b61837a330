// The essence of sig-node's conformance tests of pods: what a container is told, how it is started, watched, hooked and ended, and what its status says.
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalText } from '../../api/meta/hash.ts';
import { wholeValue } from '../../api/meta/quantity.ts';
import { agnhost, busybox, checkEnd, ConformanceBench, createAll, type Json, podOf, type RunToEnd, shell } from '../testing/conformance-bench.ts';

const field = (name: string, fieldPath: string): Json => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
const resource = (name: string, what: string): Json => ({ name, valueFrom: { resourceFieldRef: { resource: what } } });
const objects: readonly Json[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'env-config' }, data: { 'data-1': 'value-1', data_2: 'value-2' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'env-secret' }, stringData: { 'data-1': 'value-1', data_2: 'value-2' } },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'fooservice' }, spec: { ports: [{ port: 8765, targetPort: 8080 }], selector: { name: 'nobody' } } },
];

function environmentRows(): RunToEnd[] {
  const printed = (name: string, test: string, env: readonly Json[], says: readonly (string | RegExp)[], more: Json = {}): RunToEnd => ({ test, pod: podOf(name, { test: { ...shell('env'), env, ...more } }), says });
  const limits = { resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } } };
  const rows = [
    printed('downward-meta', 'Downward API should provide pod name, namespace and IP address as env vars', [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace'), field('POD_IP', 'status.podIP')], ['POD_NAME=downward-meta', 'POD_NAMESPACE=default', /POD_IP=(\d+\.){3}\d+/]),
    printed('downward-host', 'Downward API should provide host IP as an env var', [field('HOST_IP', 'status.hostIP')], [/HOST_IP=(\d+\.){3}\d+/]),
    printed('downward-uid', 'Downward API should provide pod UID as env vars', [field('POD_UID', 'metadata.uid')], [/POD_UID=[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}/]),
    printed('downward-limits', "Downward API should provide container's limits.cpu/memory and requests.cpu/memory as env vars", [resource('CPU_LIMIT', 'limits.cpu'), resource('MEMORY_LIMIT', 'limits.memory'), resource('CPU_REQUEST', 'requests.cpu'), resource('MEMORY_REQUEST', 'requests.memory')], ['CPU_LIMIT=2\n', 'MEMORY_LIMIT=67108864\n', 'CPU_REQUEST=1\n', 'MEMORY_REQUEST=33554432\n'], limits),
    printed('downward-node', 'Downward API should provide default limits.cpu/memory from node allocatable', [resource('CPU_LIMIT', 'limits.cpu'), resource('MEMORY_LIMIT', 'limits.memory')], [/CPU_LIMIT=[1-9]/, /MEMORY_LIMIT=[1-9]/]),
    printed('services', 'Pods should contain environment variables for services', [], ['FOOSERVICE_SERVICE_HOST=', 'FOOSERVICE_SERVICE_PORT=8765', 'FOOSERVICE_PORT=tcp://', 'FOOSERVICE_PORT_8765_TCP_PORT=8765', 'FOOSERVICE_PORT_8765_TCP_PROTO=tcp', 'FOOSERVICE_PORT_8765_TCP=', 'FOOSERVICE_PORT_8765_TCP_ADDR=']),
    printed('composed', 'Variable Expansion should allow composing env vars into new env vars', [{ name: 'FOO', value: 'foo-value' }, { name: 'BAR', value: 'bar-value' }, { name: 'FOOBAR', value: '$(FOO);;$(BAR)' }], ['FOO=foo-value', 'BAR=bar-value', 'FOOBAR=foo-value;;bar-value']),
  ];
  for (const [title, id, key, from] of [['ConfigMap', 'config', 'configMapKeyRef', 'configMapRef'], ['Secrets', 'secret', 'secretKeyRef', 'secretRef']] as const) {
    rows.push(printed(`${id}-key`, `${title} should be consumable via environment variable`, [{ name: 'DATA_1', valueFrom: { [key]: { name: `env-${id}`, key: 'data-1' } } }], ['DATA_1=value-1']));
    rows.push(printed(`${id}-from`, `${title} should be consumable via the environment / variable names with various prefixes`, [], ['data-1=value-1', 'data_2=value-2', 'p-data-1=value-1', 'p-data_2=value-2', '#data_2=value-2'], { envFrom: [{ [from]: { name: `env-${id}` } }, { prefix: 'p-', [from]: { name: `env-${id}` } }, { prefix: '#', [from]: { name: `env-${id}` } }] }));
  }
  return rows;
}

const once: readonly RunToEnd[] = [
  { test: 'Containers should use the image defaults if command and args are blank', pod: podOf('ep-default', { test: { args: ['entrypoint-tester'] } }), says: ['[/agnhost entrypoint-tester]'] },
  { test: "Containers should be able to override the image's default arguments (container cmd)", pod: podOf('ep-args', { test: { args: ['entrypoint-tester', 'override', 'arguments'] } }), says: ['[/agnhost entrypoint-tester override arguments]'] },
  { test: "Containers should be able to override the image's default command (container entrypoint)", pod: podOf('ep-command', { test: { command: ['/agnhost-2', 'entrypoint-tester'] } }), says: ['[/agnhost-2 entrypoint-tester]'] },
  { test: "Containers should be able to override the image's default command and arguments", pod: podOf('ep-both', { test: { command: ['/agnhost-2'], args: ['entrypoint-tester', 'override', 'arguments'] } }), says: ['[/agnhost-2 entrypoint-tester override arguments]'] },
  { test: "Variable Expansion should allow substituting values in a container's command", pod: podOf('expand-command', { test: { image: busybox, command: ['sh', '-c', 'TEST_VAR=wrong echo "$(TEST_VAR)"'], env: [{ name: 'TEST_VAR', value: 'test-value' }] } }), says: ['test-value'] },
  { test: "Variable Expansion should allow substituting values in a container's args", pod: podOf('expand-args', { test: { image: busybox, command: ['sh', '-c'], args: ['TEST_VAR=wrong echo "$(TEST_VAR)"'], env: [{ name: 'TEST_VAR', value: 'test-value' }] } }), says: ['test-value'] },
  { test: 'Variable Expansion should allow substituting values in a volume subpath', pod: podOf('expand-subpath', { test: { ...shell('test -d /testcontainer/expand-subpath; echo $?'), env: [field('POD_NAME', 'metadata.name')], volumeMounts: [{ name: 'w', mountPath: '/logscontainer', subPathExpr: '$(POD_NAME)' }, { name: 'w', mountPath: '/testcontainer' }] } }, { volumes: [{ name: 'w', emptyDir: {} }] }), says: ['0'] },
  { test: 'Kubelet when scheduling a busybox command in a pod should print the output to logs', pod: podOf('hello', { test: shell("echo 'Hello World' ; sleep 1") }), says: ['Hello World\n'] },
  { test: 'Kubelet when scheduling a read only busybox container should not write to root filesystem', pod: podOf('read-only', { test: { image: busybox, command: ['/bin/sh', '-c', 'echo test > /file; sleep 1'], securityContext: { readOnlyRootFilesystem: true } } }), says: ["/bin/sh: can't create /file: Read-only file system\n"] },
  { test: 'Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts', pod: podOf('aliases', { test: { args: ['etc-hosts'] } }, { hostAliases: [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }] }), says: ['# Entries added by HostAliases.\n123.45.67.89\tfoo\tbar\n'] },
  { test: 'Security Context should run the container with uid 65534', pod: podOf('user', { test: { ...shell('test $(id -u) -eq 65534 && echo same'), securityContext: { runAsUser: 65534 } } }), says: ['same'] },
  { test: 'Security Context should support pod.Spec.SecurityContext.RunAsUser And RunAsGroup', pod: podOf('user-pod', { test: shell('id') }, { securityContext: { runAsUser: 1001, runAsGroup: 2002 } }), says: ['uid=1001', 'gid=2002'] },
  { test: 'Security Context should support container.SecurityContext.RunAsUser And RunAsGroup', pod: podOf('user-container', { test: { ...shell('id'), securityContext: { runAsUser: 1001, runAsGroup: 2002 } } }, { securityContext: { runAsUser: 1 } }), says: ['uid=1001', 'gid=2002'] },
  { test: 'Security Context should run the container with writable rootfs when readOnlyRootFilesystem=false', pod: podOf('writable', { test: { ...shell('touch checkfile'), securityContext: { readOnlyRootFilesystem: false } } }), says: [] },
  { test: 'Security Context should run the container as unprivileged when false', pod: podOf('unprivileged', { test: { ...shell('ip link add dummy0 type dummy || true'), securityContext: { privileged: false } } }), says: ['ip: RTNETLINK answers: Operation not permitted'] },
  { test: 'Security Context should not allow privilege escalation when false', pod: podOf('nonewprivs', { test: { image: 'registry.k8s.io/e2e-test-images/nonewprivs:1.3', securityContext: { allowPrivilegeEscalation: false, runAsUser: 1000 } } }), says: ['Effective uid: 1000'] },
  { test: 'Sysctls should support sysctls', pod: podOf('sysctl', { test: { image: busybox, command: ['/bin/sysctl', 'kernel.shm_rmid_forced'] } }, { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } }), says: ['kernel.shm_rmid_forced = 1'] },
  { test: 'InitContainer should invoke init containers on a RestartNever pod', pod: podOf('init-never', { run: { ...shell('true') } }, { initContainers: [{ name: 'init1', image: busybox, command: ['/bin/true'] }, { name: 'init2', image: busybox, command: ['/bin/true'] }] }), says: [] },
  { test: 'InitContainer should not start app containers and fail the pod if init containers fail on a RestartNever pod', pod: podOf('init-fails', { run: { ...shell('echo started') } }, { initContainers: [{ name: 'init1', image: busybox, command: ['/bin/true'] }, { name: 'init2', image: busybox, command: ['/bin/false'] }] }), phase: 'Failed', says: [/^((?!started\n).)*$/s] },
];

const messages: readonly (readonly [test: string, name: string, container: Json, message: string])[] = [
  ['from file when pod succeeds', 'says-file', { ...shell('/bin/echo -n OK > /dev/termination-log'), terminationMessagePolicy: 'FallbackToLogsOnError' }, 'OK'],
  ['as empty when pod succeeds', 'says-nothing', { ...shell('/bin/echo -n DONE; /bin/true'), terminationMessagePolicy: 'FallbackToLogsOnError' }, ''],
  ['from log output', 'says-log', { ...shell('/bin/echo -n DONE; /bin/false'), terminationMessagePolicy: 'FallbackToLogsOnError' }, 'DONE'],
  ['if set, as a non-root user, at a non-default path', 'says-path', { ...shell('/bin/echo -n DONE > /dev/termination-custom-log'), terminationMessagePath: '/dev/termination-custom-log', securityContext: { runAsUser: 10000 } }, 'DONE'],
];

for (const preset of ['default', 'conformance'] as const) {
  describe(`pods, ${preset}`, () => {
    const rows = [...environmentRows(), ...once];
    let bench: ConformanceBench;
    beforeAll(() => {
      bench = new ConformanceBench(preset);
      bench.create(...objects);
      createAll(bench, rows);
      bench.create(...messages.map(([, name, container]) => podOf(name, { test: container })));
    });
    it.each(rows)('$test', (row) => checkEnd(bench, row));

    it.each(messages)('Container Runtime should report termination message %s', (_, name, __, message) => {
      bench.phase(name, /Succeeded|Failed/);
      expect(bench.value(`pod ${name}`, '.status.containerStatuses[0].state.terminated.message')).toBe(message);
    });

    it('Container Runtime: containers that exit have the expected status, by restart policy', () => {
      const script = 'f=/restart-count/restartCount; count=$(echo \'hello\' >> $f ; wc -l $f | awk {\'print $1\'}); if [ $count -eq 1 ]; then exit 1; fi; if [ $count -eq 2 ]; then CMD; fi; while true; do sleep 1; done';
      const volumes = [{ name: 'restart-count', emptyDir: { medium: 'Memory' } }];
      const container = (cmd: string): Json => ({ ...shell(script.replace('CMD', cmd)), volumeMounts: [{ name: 'restart-count', mountPath: '/restart-count' }] });
      bench.create(podOf('rpa', { test: container('exit 0') }, { restartPolicy: 'Always', volumes }), podOf('rpof', { test: container('exit 0') }, { restartPolicy: 'OnFailure', volumes }), podOf('rpn', { test: container('exit 1') }, { restartPolicy: 'Never', volumes }));
      bench.until(() => bench.value('pod rpa', '.status.phase} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready'), 'Running 2 true');
      bench.until(() => bench.value('pod rpof', '.status.phase} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready'), 'Succeeded 1 false');
      bench.until(() => bench.value('pod rpn', '.status.phase} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready'), 'Failed 0 false');
    });

    it('InitContainer: run in order on a RestartAlways pod; one that fails keeps the others waiting', () => {
      const run = { name: 'run1', image: agnhost, args: ['pause'] };
      bench.create(podOf('init-always', { run1: run }, { restartPolicy: 'Always', initContainers: [{ name: 'init1', image: busybox, command: ['/bin/true'] }, { name: 'init2', image: busybox, command: ['/bin/true'] }] }));
      bench.create(podOf('init-loops', { run1: run }, { restartPolicy: 'Always', initContainers: [{ name: 'init1', image: busybox, command: ['/bin/false'] }, { name: 'init2', image: busybox, command: ['/bin/true'] }] }));
      bench.ready('init-always');
      expect(bench.value('pod init-always', '.status.initContainerStatuses[*].state.terminated.exitCode')).toBe('0 0');
      bench.until(() => bench.value('pod init-loops', '.status.initContainerStatuses[0].restartCount'), /^[3-9]/, 400_000);
      expect(bench.value('pod init-loops', '.status.phase} {.status.initContainerStatuses[1].state.waiting.reason} {.status.containerStatuses[0].state.waiting.reason} {.status.conditions[?(@.type=="Initialized")].status')).toBe('Pending PodInitializing PodInitializing False');
      bench.kubectl('delete pod init-always init-loops --wait=false');
    });

    it('a command that always fails: terminated with a reason; hosts files are managed but where one is mounted', () => {
      bench.create(podOf('fails', { test: { image: busybox, command: ['/bin/false'] } }, { restartPolicy: 'Always' }));
      bench.until(() => bench.value('pod fails', '.status.containerStatuses[0].state.terminated.reason}{.status.containerStatuses[0].lastState.terminated.reason'), /Error/);
      const mounted = { image: agnhost, args: ['pause'], volumeMounts: [{ name: 'hosts', mountPath: '/etc/hosts', subPath: 'hosts' }] };
      bench.create(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hosts' }, data: { hosts: '1.2.3.4 own\n' } },
        podOf('hosts', { managed: { args: ['pause'] }, own: mounted }, { volumes: [{ name: 'hosts', configMap: { name: 'hosts' } }] }),
        podOf('hosts-network', { test: { args: ['netexec', '--http-port=8089', '--udp-port=-1'] } }, { hostNetwork: true }),
      );
      bench.ready('hosts');
      bench.ready('hosts-network');
      expect(bench.exec('hosts', 'cat', '/etc/hosts').text).toContain('# Kubernetes-managed hosts file.');
      expect(bench.kubectl('exec hosts -c own -- cat /etc/hosts').text).toBe('1.2.3.4 own\n');
      bench.kubectl('delete pod fails hosts hosts-network --wait=false');
    });

    it('Sysctls: invalid names are refused; an ephemeral container starts in a running pod and is seen in its logs', () => {
      const names = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'];
      const refused = bench.kubectl(`create -f ${bench.file(podOf('sysctls', { test: shell('true') }, { securityContext: { sysctls: names.map((name) => ({ name, value: '100000000' })) } }))}`).text;
      expect(refused).toContain('Invalid value: "foo-"');
      expect(refused).toContain('Invalid value: "bar.."');
      expect(refused).not.toContain('safe-and-unsafe');
      expect(refused).not.toContain('kernel.shmmax');
      bench.create(podOf('ephemeral', { test: { args: ['pause'] } }));
      bench.ready('ephemeral');
      bench.kubectl('patch', 'pod', 'ephemeral', '--subresource=ephemeralcontainers', '-p', JSON.stringify({ spec: { ephemeralContainers: [{ name: 'debugger', image: busybox, command: ['/bin/sh', '-c', 'while true; do echo polo; sleep 2; done'] }] } }));
      bench.until(() => bench.value('pod ephemeral', '.status.ephemeralContainerStatuses[0].state.running'), /startedAt/);
      bench.until(() => bench.logs('ephemeral', '-c', 'debugger'), /polo/);
      bench.kubectl('delete pod ephemeral --wait=false');
    });

    it('Pod InPlace Resize: cgroups and status follow, containers restart where their policy says so, what the node has not waits', () => {
      const resources = (cpu: readonly [string, string], memory: readonly [string, string]): Json => ({ requests: { cpu: cpu[0], memory: memory[0] }, limits: { cpu: cpu[1], memory: memory[1] } });
      const policy = (cpu: string, memory: string): Json => ({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: cpu }, { resourceName: 'memory', restartPolicy: memory }] });
      const sleeps = shell('trap exit TERM; while true; do sleep 1; done');
      bench.create(
        podOf('resize', { c1: { ...sleeps, resources: resources(['50m', '100m'], ['50Mi', '100Mi']), ...policy('NotRequired', 'NotRequired') }, c2: { ...sleeps, resources: resources(['50m', '100m'], ['50Mi', '100Mi']), ...policy('NotRequired', 'RestartContainer') }, c3: { ...sleeps, resources: { requests: { cpu: '20m' } } } }, { restartPolicy: 'Always' }),
        podOf('resize-guaranteed', { c1: { ...sleeps, resources: resources(['100m', '100m'], ['100Mi', '100Mi']) } }, { restartPolicy: 'Always' }),
      );
      bench.ready('resize');
      bench.ready('resize-guaranteed');
      const cgroup = (pod: string, container: string): string => bench.kubectl('exec', pod, '-c', container, '--', '/bin/sh', '-c', 'cd /sys/fs/cgroup; for f in cpu.weight cpu.max memory.max; do head -n 1 $f; done; cat /proc/1/oom_score_adj').text.trim().replaceAll('\n', ', ');
      const resize = (pod: string, containers: readonly Json[]): string => bench.kubectl('patch', 'pod', pod, '--subresource=resize', '-p', JSON.stringify({ spec: { containers } })).text;
      const capacity = bench.value(`node ${bench.value('pod resize', '.spec.nodeName')}`, '.status.capacity.memory');
      const score = (bytes: number): number => 1000 - Math.floor((1000 * bytes) / wholeValue(capacity));
      expect(bench.exec('resize', '/bin/sh', '-c', 'mount -t cgroup2').text).toContain('/sys/fs/cgroup');
      expect(cgroup('resize', 'c1')).toBe(`2, 10000 100000, 104857600, ${score(50 * 1024 ** 2)}`);
      expect(cgroup('resize', 'c3')).toBe('1, max 100000, max, 999');
      expect(cgroup('resize-guaranteed', 'c1')).toBe('4, 10000 100000, 104857600, -997');
      expect(resize('resize', [{ name: 'c1', resources: resources(['100m', '200m'], ['60Mi', '120Mi']) }, { name: 'c2', resources: resources(['50m', '100m'], ['60Mi', '120Mi']) }, { name: 'c3', resources: { requests: { cpu: '30m' }, limits: { cpu: '500m' } } }])).toContain('patched');
      bench.until(() => bench.value('pod resize', '.status.containerStatuses[*].resources.limits.cpu} {.status.containerStatuses[*].restartCount'), '200m 100m 500m 0 1 0');
      bench.ready('resize');
      expect(bench.value('pod resize', '.status.containerStatuses[?(@.name=="c1")].allocatedResources')).toBe('{"cpu":"100m","memory":"60Mi"}');
      expect(bench.value('pod resize', '.status.conditions[*].type')).not.toContain('PodResize');
      expect(bench.value('pod resize', '.status.observedGeneration')).toBe(bench.value('pod resize', '.metadata.generation'));
      expect(cgroup('resize', 'c1')).toMatch(/^4, 20000 100000, 125829120, /);
      expect(cgroup('resize', 'c2')).toBe(`2, 10000 100000, 125829120, ${score(60 * 1024 ** 2)}`);
      expect(cgroup('resize', 'c3')).toMatch(/^2, 50000 100000, max, /);
      resize('resize-guaranteed', [{ name: 'c1', resources: resources(['1000', '1000'], ['100Mi', '100Mi']) }]);
      bench.until(() => bench.value('pod resize-guaranteed', '.status.conditions[?(@.type=="PodResizePending")].reason'), 'Infeasible');
      expect(cgroup('resize-guaranteed', 'c1')).toMatch(/^4, 10000 /);
      resize('resize-guaranteed', [{ name: 'c1', resources: resources(['150m', '150m'], ['100Mi', '100Mi']) }]);
      bench.until(() => `${cgroup('resize-guaranteed', 'c1')} ${bench.value('pod resize-guaranteed', '.status.conditions[*].type').includes('Resize') ? 'pending' : 'done'}`, /^6, 15000 .* done$/);
      expect(bench.value('pod resize-guaranteed', '.status.containerStatuses[0].restartCount')).toBe('0');
      bench.kubectl('delete pod resize resize-guaranteed --wait=false');
    });

    it('Pod InPlace Resize: requests and limits that were not there are added to five containers; read and replaced by its endpoint', () => {
      const sleeps = shell('trap exit TERM; while true; do sleep 1; done');
      const five = [{ requests: { cpu: '20m' } }, { requests: { memory: '35Mi' } }, { requests: { cpu: '20m', memory: '35Mi' } }, { requests: { cpu: '20m' } }, { requests: { memory: '35Mi' } }];
      const wanted = [{ requests: { cpu: '25m' }, limits: { cpu: '35m' } }, { requests: { memory: '30Mi' }, limits: { memory: '50Mi' } }, { requests: { cpu: '20m', memory: '30Mi' } }, { requests: { cpu: '15m', memory: '35Mi' } }, { requests: { cpu: '20m', memory: '40Mi' } }];
      bench.create(podOf('resize-five', Object.fromEntries(five.map((resources, n) => [`c${n + 1}`, { ...sleeps, resources }])), { restartPolicy: 'Always' }));
      bench.ready('resize-five');
      const path = '/api/v1/namespaces/default/pods/resize-five';
      interface Contained {
        readonly name: string;
        readonly resources: Json;
        readonly restartCount: number;
      }
      const actual = (): string => canonicalText((bench.done('GET', path).status['containerStatuses'] as readonly Contained[]).map(({ resources, restartCount }) => [resources, restartCount]));
      const expected = canonicalText(wanted.map((resources) => [resources, 0]));
      bench.done('PATCH', `${path}/resize`, { spec: { containers: wanted.map((resources, n) => ({ name: `c${n + 1}`, resources })) } });
      bench.until(actual, expected, 60_000);
      const now = bench.done('GET', `${path}/resize`);
      const replaced = bench.done('PUT', `${path}/resize`, { ...now, spec: { ...now.spec, containers: (now.spec['containers'] as readonly Contained[]).map((each) => (each.name === 'c3' ? { ...each, resources: { requests: { cpu: '22m', memory: '36Mi' } } } : each)) } });
      expect((replaced.spec['containers'] as readonly Contained[])[2]?.resources).toEqual({ requests: { cpu: '22m', memory: '36Mi' } });
      bench.until(() => JSON.stringify((bench.done('GET', path).status['containerStatuses'] as readonly Contained[])[2]?.resources), '{"requests":{"cpu":"22m","memory":"36Mi"}}', 60_000);
      expect(bench.done('GET', path).status['qosClass']).toBe('Burstable');
    });

    it('Variable Expansion: subpaths that are absolute or go up fail; one that becomes valid starts; writing through one', () => {
      const mounts = (expr: string): Json => ({ volumeMounts: [{ name: 'w', mountPath: '/subpath_mount', subPathExpr: expr }, { name: 'w', mountPath: '/volume_mount' }] });
      const volumes = [{ name: 'w', emptyDir: {} }];
      const env = [{ name: 'POD_NAME', value: 'foo' }, field('ANNOTATION', "metadata.annotations['mysubpath']")];
      bench.create(
        podOf('sub-up', { test: { ...shell('true'), env: [{ name: 'POD_NAME', value: '..' }], ...mounts('$(POD_NAME)') } }, { volumes }),
        podOf('sub-absolute', { test: { ...shell('true'), env: [{ name: 'POD_NAME', value: '/tmp' }], ...mounts('$(POD_NAME)') } }, { volumes }),
        podOf('sub-later', { test: { ...shell('tail -f /dev/null'), env, ...mounts('$(ANNOTATION)/$(POD_NAME)') } }, { volumes }),
        podOf('sub-writes', { test: { ...shell('tail -f /dev/null'), env, ...mounts('$(ANNOTATION)/$(POD_NAME)') } }, { volumes }, { annotations: { mysubpath: 'mypath' } }),
      );
      for (const name of ['sub-up', 'sub-absolute', 'sub-later']) bench.until(() => bench.value(`pod ${name}`, '.status.containerStatuses[0].state.waiting.reason'), 'CreateContainerConfigError');
      bench.kubectl('annotate pod sub-later mysubpath=mypath');
      bench.phase('sub-later', 'Running');
      bench.phase('sub-writes', 'Running');
      expect(bench.exec('sub-writes', '/bin/sh', '-c', 'touch /volume_mount/mypath/foo/test.log').code).toBe(0);
      expect(bench.exec('sub-writes', '/bin/sh', '-c', 'test -f /subpath_mount/test.log').code).toBe(0);
      bench.kubectl('delete pod sub-up sub-absolute sub-later sub-writes --wait=false --grace-period=0 --force');
    });

    it('lifecycle hooks: postStart and preStop, by exec and by HTTP, reach the server that they name', () => {
      bench.create(podOf('handler', { test: { args: ['netexec'] } }));
      bench.ready('handler');
      const ip = bench.value('pod handler', '.status.podIP');
      const sidecar = { name: 'container-redirect', image: agnhost, args: ['netexec', '--udp-port', '-1'], restartPolicy: 'Always', startupProbe: { httpGet: { path: '/echo?msg=startup', port: 8080 } } };
      const hooks: Readonly<Record<string, Json>> = {
        exec: { postStart: { exec: { command: ['sh', '-c', `curl http://${ip}:8080/echo?msg=poststart-exec`] } }, preStop: { exec: { command: ['sh', '-c', `curl http://${ip}:8080/echo?msg=prestop-exec`] } } },
        http: { postStart: { httpGet: { path: `/dial?host=${ip}&port=8080&request=echo%3Fmsg%3Dpoststart-http`, port: 8080 } }, preStop: { httpGet: { path: `/dial?host=${ip}&port=8080&request=echo%3Fmsg%3Dprestop-http`, port: 8080 } } },
      };
      bench.create(...Object.entries(hooks).map(([name, lifecycle]) => podOf(`hook-${name}`, { test: { args: ['pause'], lifecycle } }, { initContainers: [sidecar] })));
      for (const name of Object.keys(hooks)) bench.ready(`hook-${name}`);
      for (const name of Object.keys(hooks)) bench.until(() => bench.logs('handler'), new RegExp(`GET /echo\\?msg=poststart-${name}`));
      bench.kubectl('delete pod hook-exec hook-http --grace-period=15');
      for (const name of Object.keys(hooks)) bench.until(() => bench.logs('handler'), new RegExp(`GET /echo\\?msg=prestop-${name}`), 30_000);
    });

    it('PreStop should call prestop when killing a pod', () => {
      bench.create(podOf('server', { test: { args: ['nettest'], ports: [{ containerPort: 8080 }] } }));
      bench.ready('server');
      const ip = bench.value('pod server', '.status.podIP');
      bench.create(podOf('tester', { test: { image: busybox, command: ['sleep', '600'], lifecycle: { preStop: { exec: { command: ['wget', '-O-', '--post-data={"Source":"prestop"}', `http://${ip}:8080/write`] } } } } }));
      bench.ready('tester');
      bench.kubectl('delete pod tester --wait=false');
      bench.until(() => bench.kubectl('get --raw /api/v1/namespaces/default/pods/server:8080/proxy/read').text, /"Received":\{"prestop":1\}/);
    });

    it('probes: liveness restarts by file, HTTP and gRPC, and does not by TCP or what answers; readiness waits, or never comes', () => {
      const probe = (handler: Json, more: Json = {}): Json => ({ livenessProbe: { ...handler, initialDelaySeconds: 15, failureThreshold: 1, ...more } });
      const http = (path: string, port: number): Json => ({ httpGet: { path, port } });
      const script = (then: string): Json => shell(`echo ok >/tmp/health; ${then}`);
      const exec = { exec: { command: ['cat', '/tmp/health'] } };
      const pods: Readonly<Record<string, Json>> = {
        'dies-exec': { ...script('sleep 10; rm -rf /tmp/health; sleep 600'), ...probe(exec) },
        'dies-http': { args: ['liveness'], ...probe(http('/healthz', 8080)) },
        'dies-grpc': { args: ['grpc-health-checking', '--delay-unhealthy-sec', '10'], ...probe({ grpc: { port: 5000 } }) },
        'lives-exec': { ...script('sleep 600'), ...probe(exec) },
        'lives-tcp': { args: ['liveness'], ...probe({ tcpSocket: { port: 8080 } }) },
        'lives-http': { args: ['test-webserver'], ...probe(http('/', 80), { failureThreshold: 5 }) },
        'lives-grpc': { args: ['grpc-health-checking'], ...probe({ grpc: { port: 5000 } }) },
        'ready-late': { args: ['test-webserver'], readinessProbe: { ...http('/', 80), initialDelaySeconds: 15 } },
        'ready-never': { args: ['test-webserver'], readinessProbe: { exec: { command: ['/bin/false'] }, initialDelaySeconds: 15 } },
      };
      bench.create(...Object.entries(pods).map(([name, container]) => podOf(name, { test: container }, { restartPolicy: 'Always' })));
      const restarts = (name: string): string => bench.value(`pod ${name}`, '.status.containerStatuses[0].restartCount');
      const ready = (name: string): string => bench.value(`pod ${name}`, '.status.conditions[?(@.type=="Ready")].status');
      bench.ready('ready-late');
      const started = bench.value('pod ready-late', '.status.containerStatuses[0].state.running.startedAt');
      expect(Date.parse(bench.value('pod ready-late', '.status.conditions[?(@.type=="Ready")].lastTransitionTime')) - Date.parse(started)).toBeGreaterThanOrEqual(15_000);
      for (const name of ['dies-exec', 'dies-http', 'dies-grpc']) bench.until(() => restarts(name), /^[1-9]/, 240_000);
      let last = 0;
      bench.until(() => {
        const now = Number(restarts('dies-http'));
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
        return String(now);
      }, /^[5-9]/, 900_000);
      for (const name of ['lives-exec', 'lives-tcp', 'lives-http', 'lives-grpc', 'ready-late', 'ready-never']) expect(`${name} ${restarts(name)}`).toBe(`${name} 0`);
      expect(ready('ready-never')).toBe('False');
      bench.kubectl(`delete pod ${Object.keys(pods).join(' ')} --wait=false --grace-period=0 --force`);
    });
  });
}

// The essence of sig-storage's conformance tests whose pods look at files: what the volumes hold, with which mode and owner, and that changes arrive.
import { beforeAll, describe, expect, it } from 'vitest';
import { busybox, checkEnd, ConformanceBench, createAll, type Json, mounttest, podOf, type RunToEnd, shell } from '../testing/conformance-bench.ts';

const configMap = (name: string, data: Json, more: Json = {}): Json => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data, ...more });
const secret = (name: string, stringData: Json): Json => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
const at = (name: string, mountPath: string, more: Json = {}): Json => ({ name, mountPath, ...more });

const data = { 'data-1': 'value-1', 'data-2': 'value-2', 'data-3': 'value-3' };
const objects = [configMap('config', data), secret('secret', data)];
const nonRoot = { securityContext: { runAsUser: 1000, fsGroup: 1001 } };

/** ConfigMap, Secret and their projections are asked the same questions. */
const sources: readonly (readonly [title: string, id: string, volume: (more: Json) => Json])[] = [
  ['ConfigMap', 'cm', (more) => ({ configMap: { name: 'config', ...more } })],
  ['Secrets', 'sec', (more) => ({ secret: { secretName: 'secret', ...more } })],
  ['Projected configMap', 'pcm', ({ items, defaultMode }) => ({ projected: { ...(defaultMode === undefined ? {} : { defaultMode }), sources: [{ configMap: { name: 'config', ...(items === undefined ? {} : { items }) } }] } })],
  ['Projected secret', 'psec', ({ items, defaultMode }) => ({ projected: { ...(defaultMode === undefined ? {} : { defaultMode }), sources: [{ secret: { name: 'secret', ...(items === undefined ? {} : { items }) } }] } })],
];

function volumeRows(): RunToEnd[] {
  const rows: RunToEnd[] = [];
  for (const [title, id, volume] of sources) {
    const row = (suffix: string, test: string, source: Json, file: string, says: readonly string[], more: Json = {}): void => {
      rows.push({ test: `${title} ${test}`, pod: podOf(`${id}-${suffix}`, { test: { ...mounttest(`--file_content=/etc/vol/${file}`, `--file_mode=/etc/vol/${file}`), volumeMounts: [at('v', '/etc/vol', { readOnly: true })] } }, { ...more, volumes: [{ name: 'v', ...volume(source) }] }), says: says.map((said) => said.replace('FILE', `/etc/vol/${file}`)) });
    };
    row('plain', 'should be consumable from pods in volume', {}, 'data-1', ['content of file "FILE": value-1', 'mode of file "FILE": -rw-r--r--']);
    row('mode', 'should be consumable from pods in volume with defaultMode set', { defaultMode: 0o400 }, 'data-1', ['mode of file "FILE": -r--------']);
    row('map', 'should be consumable from pods in volume with mappings', { items: [{ key: 'data-2', path: 'path/to/data-2' }] }, 'path/to/data-2', ['content of file "FILE": value-2']);
    row('item', 'should be consumable from pods in volume with mappings and Item mode set', { items: [{ key: 'data-2', path: 'path/to/data-2', mode: 0o400 }] }, 'path/to/data-2', ['content of file "FILE": value-2', 'mode of file "FILE": -r--------']);
    row('user', 'should be consumable from pods in volume as non-root', {}, 'data-1', ['content of file "FILE": value-1'], { securityContext: { runAsUser: 1000 } });
    row('group', 'should be consumable from pods in volume as non-root with defaultMode and fsGroup set', { defaultMode: 0o440 }, 'data-1', ['mode of file "FILE": -r--r-----', 'value-1'], nonRoot);
    rows.push({
      test: `${title} should be consumable in multiple volumes in the same pod`,
      pod: podOf(`${id}-two`, { test: { ...mounttest('--file_content=/etc/one/data-1'), volumeMounts: [at('one', '/etc/one', { readOnly: true }), at('two', '/etc/two', { readOnly: true })] } }, { volumes: [{ name: 'one', ...volume({}) }, { name: 'two', ...volume({}) }] }),
      says: ['content of file "/etc/one/data-1": value-1'],
    });
  }
  return rows;
}

function emptyDirRows(): RunToEnd[] {
  const rows: RunToEnd[] = [];
  for (const medium of ['', 'Memory']) {
    const id = medium === '' ? 'default' : 'tmpfs';
    const volumes = [{ name: 'v', emptyDir: medium === '' ? {} : { medium } }];
    const volumeMounts = [at('v', '/test-volume')];
    rows.push({ test: `EmptyDir volumes volume on ${id} medium should have the correct mode`, pod: podOf(`empty-mode-${id}`, { test: { ...mounttest('--fs_type=/test-volume', '--file_perm=/test-volume'), volumeMounts } }, { volumes }), says: ['perms of file "/test-volume": -rwxrwxrwx', ...(medium === '' ? [] : ['mount type of "/test-volume": tmpfs'])] });
    for (const mode of ['0644', '0666', '0777']) {
      const text = { '0644': '-rw-r--r--', '0666': '-rw-rw-rw-', '0777': '-rwxrwxrwx' }[mode] as string;
      for (const user of [0, 1001]) {
        rows.push({
          test: `EmptyDir volumes should support (${user === 0 ? 'root' : 'non-root'},${mode},${id})`,
          pod: podOf(`empty-${user}-${mode}-${id}`, { test: { ...mounttest('--fs_type=/test-volume', `--new_file_${mode}=/test-volume/test-file`, '--file_perm=/test-volume/test-file', '--file_owner=/test-volume/test-file'), volumeMounts, ...(user === 0 ? {} : { securityContext: { runAsUser: user } }) } }, { volumes }),
          says: [`perms of file "/test-volume/test-file": ${text}`, 'content of file "/test-volume/test-file": mount-tester new file', `owner UID of "/test-volume/test-file": ${user}`, ...(medium === '' ? [] : ['mount type of "/test-volume": tmpfs'])],
        });
      }
    }
  }
  return rows;
}

function downwardRows(): RunToEnd[] {
  const rows: RunToEnd[] = [];
  const limits = { resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } } };
  for (const kind of ['downwardAPI', 'projected'] as const) {
    const id = kind === 'projected' ? 'pda' : 'da';
    const volume = (items: readonly Json[], defaultMode?: number): Json => (kind === 'projected' ? { projected: { ...(defaultMode === undefined ? {} : { defaultMode }), sources: [{ downwardAPI: { items } }] } } : { downwardAPI: { items, ...(defaultMode === undefined ? {} : { defaultMode }) } });
    const row = (suffix: string, test: string, item: Json, says: readonly (string | RegExp)[], resources: Json, defaultMode?: number): void => {
      rows.push({ test: `${kind} ${test}`, pod: podOf(`${id}-${suffix}`, { client: { ...mounttest('--file_content=/etc/podinfo/file', '--file_mode=/etc/podinfo/file'), ...resources, volumeMounts: [at('podinfo', '/etc/podinfo')] } }, { volumes: [{ name: 'podinfo', ...volume([{ path: 'file', ...item }], defaultMode) }] }), says });
    };
    const field = { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } };
    const resource = (name: string): Json => ({ resourceFieldRef: { containerName: 'client', resource: name } });
    row('name', 'should provide podname only', field, [`content of file "/etc/podinfo/file": ${id}-name\n`], {});
    row('default-mode', 'should set DefaultMode on files', field, ['mode of file "/etc/podinfo/file": -r--------'], {}, 0o400);
    row('item-mode', 'should set mode on item file', { ...field, mode: 0o400 }, ['mode of file "/etc/podinfo/file": -r--------'], {});
    row('cpu-limit', "should provide container's cpu limit", resource('limits.cpu'), ['content of file "/etc/podinfo/file": 2\n'], limits);
    row('cpu-request', "should provide container's cpu request", resource('requests.cpu'), ['content of file "/etc/podinfo/file": 1\n'], limits);
    row('memory-limit', "should provide container's memory limit", resource('limits.memory'), ['content of file "/etc/podinfo/file": 67108864\n'], limits);
    row('memory-request', "should provide container's memory request", resource('requests.memory'), ['content of file "/etc/podinfo/file": 33554432\n'], limits);
    row('node-cpu', 'should provide node allocatable (cpu) as default cpu limit if the limit is not set', resource('limits.cpu'), [/content of file "\/etc\/podinfo\/file": [1-9]/], {});
    row('node-memory', 'should provide node allocatable (memory) as default memory limit if the limit is not set', resource('limits.memory'), [/content of file "\/etc\/podinfo\/file": [1-9]/], {});
  }
  return rows;
}

const combined: RunToEnd = {
  test: 'Projected combined should project all components that make up the projection API',
  pod: podOf('combined', { test: { ...shell('cat /all/podname && cat /all/secret-data && cat /all/configmap-data'), volumeMounts: [at('all', '/all')] } }, { volumes: [{ name: 'all', projected: { sources: [{ downwardAPI: { items: [{ path: 'podname', fieldRef: { fieldPath: 'metadata.name' } }] } }, { secret: { name: 'secret', items: [{ key: 'data-1', path: 'secret-data' }] } }, { configMap: { name: 'config', items: [{ key: 'data-2', path: 'configmap-data' }] } }] } }] }),
  says: ['combined', 'value-1', 'value-2'],
};

function subPathRows(): RunToEnd[] {
  const volumes: Readonly<Record<string, Json>> = {
    configmap: { configMap: { name: 'config' } },
    secret: { secret: { secretName: 'secret' } },
    downward: { downwardAPI: { items: [{ path: 'data-1', fieldRef: { fieldPath: 'metadata.name' } }] } },
    projected: { projected: { sources: [{ configMap: { name: 'config' } }] } },
  };
  const rows = Object.entries(volumes).map(([kind, volume]): RunToEnd => ({
    test: `Subpath Atomic writer volumes should support subpaths with ${kind} pod`,
    pod: podOf(`sub-${kind}`, { test: { ...mounttest('--file_content_in_loop=/test-volume', '--retry_time=4'), volumeMounts: [at('v', '/test-volume', { subPath: 'data-1' })] } }, { volumes: [{ name: 'v', ...volume }] }),
    says: [`content of file "/test-volume": ${kind === 'downward' ? 'sub-downward' : 'value-1'}`],
  }));
  rows.push({ test: 'Subpath Atomic writer volumes should support subpaths with configmap pod with mountPath of existing file', pod: podOf('sub-existing', { test: { ...mounttest('--file_content_in_loop=/etc/resolv.conf', '--retry_time=4'), volumeMounts: [at('v', '/etc/resolv.conf', { subPath: 'data-1' })] } }, { volumes: [{ name: 'v', configMap: { name: 'config' } }] }), says: ['content of file "/etc/resolv.conf": value-1'] });
  return rows;
}

for (const preset of ['default', 'conformance'] as const) {
  describe(`files in pods, ${preset}`, () => {
    const rows = [...volumeRows(), ...emptyDirRows(), ...downwardRows(), combined, ...subPathRows()];
    let bench: ConformanceBench;
    beforeAll(() => {
      bench = new ConformanceBench(preset);
      bench.create(...objects);
      createAll(bench, rows);
    });
    it.each(rows)('$test', (row) => checkEnd(bench, row));

    it('EmptyDir wrapper volumes conflict with nothing, and 50 ConfigMaps do not race; a Secret of the same name elsewhere', () => {
      const many = Array.from({ length: 50 }, (_, n) => `racey-configmap-${n}`);
      bench.create(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'elsewhere' } },
        { ...secret('secret', { 'data-1': 'other' }), metadata: { name: 'secret', namespace: 'elsewhere' } },
        ...many.map((name) => configMap(name, { 'data-1': name })),
        podOf('wrappers', { c: { ...shell('cat /etc/secret-volume/data-1 /etc/configmap-volume/data-1'), volumeMounts: [at('s', '/etc/secret-volume', { readOnly: true }), at('c', '/etc/configmap-volume')] } }, { volumes: [{ name: 's', secret: { secretName: 'secret' } }, { name: 'c', configMap: { name: 'config' } }] }),
        ...[1, 2, 3, 4, 5].map((n) => podOf(`racey-${n}`, { c: { ...shell('cat /etc/config-*/data-1 | wc -l; sleep 10000'), volumeMounts: many.map((name, index) => at(name, `/etc/config-${index}`)) } }, { terminationGracePeriodSeconds: 0, volumes: many.map((name) => ({ name, configMap: { name, items: [{ key: 'data-1', path: 'data-1' }] } })) })),
      );
      bench.phase('wrappers', 'Succeeded');
      expect(bench.logs('wrappers')).toBe('value-1value-1');
      for (const n of [1, 2, 3, 4, 5]) bench.phase(`racey-${n}`, 'Running');
    });

    it('ImageVolume: the files of an image, whole and below a path, cannot be written; one that does not exist keeps the pod', () => {
      const image = 'registry.k8s.io/e2e-test-images/kitten:1.8';
      const of = (name: string, reference: string, more: Json = {}): Json => podOf(name, { 'test-container': { ...shell('while true; do echo test; sleep 1; done'), volumeMounts: [at('volume', '/volume', more)] } }, { restartPolicy: 'Always', volumes: [{ name: 'volume', image: { reference, pullPolicy: 'Always' } }] });
      bench.create(of('image-volume', image), of('image-below', image, { subPath: 'etc' }), ...(preset === 'default' ? [of('image-none', 'registry.k8s.io/never:1')] : []));
      bench.ready('image-volume');
      bench.ready('image-below');
      expect(bench.exec('image-volume', '/bin/cat', '/volume/data.json').text).toContain('kitten.jpg');
      expect(bench.exec('image-volume', '/bin/cat', '/volume/etc/os-release').text).toContain('Alpine Linux');
      expect(bench.exec('image-below', '/bin/cat', '/volume/os-release').text).toContain('Alpine Linux');
      expect(bench.exec('image-volume', '/bin/sh', '-c', 'echo x > /volume/x').text).toContain('Read-only file system');
      if (preset === 'default') bench.until(() => bench.value('pod image-none', '.status.containerStatuses[0].state.waiting.reason'), /ErrImagePull|ImagePullBackOff/);
    });

    it('permission bits refuse whoever lacks them, and never root', () => {
      const volumes = [{ name: 'hidden', secret: { secretName: 'secret', defaultMode: 0o400 } }, { name: 'open', secret: { secretName: 'secret', defaultMode: 0o444 } }, { name: 'empty', emptyDir: {} }, { name: 'host', hostPath: { path: '/tmp/of-root', type: 'DirectoryOrCreate' } }];
      const seen = { ...shell('sleep 3600'), volumeMounts: volumes.map(({ name }) => at(name, `/${name}`)) };
      const as = (name: string, securityContext: Json): Json => podOf(name, { c: seen }, { volumes, securityContext, terminationGracePeriodSeconds: 0 });
      bench.create(as('as-user', { runAsUser: 1000 }), as('as-group', { runAsUser: 1000, fsGroup: 2000 }), as('as-root', {}));
      for (const name of ['as-user', 'as-group', 'as-root']) bench.ready(name);
      const say = (pod: string, script: string): string => bench.exec(pod, 'sh', '-c', script).text.replace('command terminated with exit code 1\n', '').trim();
      expect(say('as-user', 'cat /hidden/data-1')).toBe('cat: /hidden/data-1: Permission denied');
      expect(say('as-user', 'wc -l < /hidden/data-1')).toContain('Permission denied');
      expect(say('as-user', '[ -r /hidden/data-1 ] || echo no; [ -e /hidden/data-1 ] && cat /open/data-1')).toBe('no\nvalue-1');
      expect(say('as-user', 'echo mine > /empty/file; cat /empty/file; echo more >> /empty/file; cat /empty/file')).toBe('mine\nmine\nmore');
      expect(say('as-user', 'echo x > /host/file')).toContain('Permission denied');
      expect(say('as-user', 'touch /host/file')).toBe('touch: /host/file: Permission denied');
      expect(say('as-group', 'cat /hidden/data-1')).toBe('value-1');
      expect(say('as-root', 'cat /hidden/data-1; echo > /host/file; ls /host')).toBe('value-1file');
    });

    it('changes of ConfigMaps, Secrets, labels and annotations arrive; optional ones come and go; EmptyDir is shared', () => {
      const loop = (file: string): string => `while true; do cat ${file}; echo; sleep 2; done`;
      bench.create(
        configMap('changing', { 'data-1': 'value-1' }),
        configMap('going', { 'data-1': 'value-1' }),
        configMap('binary', { text: 'text data' }, { binaryData: { 'dump.bin': '3sr+utD+/w==' } }),
        podOf('updates', {
          changed: { ...shell(loop('/vol/data-1')), volumeMounts: [at('changing', '/vol')] },
          gone: { ...shell(loop('/vol/data-1')), volumeMounts: [at('going', '/vol')] },
          made: { ...shell(loop('/vol/data-1')), volumeMounts: [at('making', '/vol')] },
          labels: { ...shell(loop('/vol/labels; cat /vol/annotations')), volumeMounts: [at('podinfo', '/vol')] },
          writer: { ...shell('echo shared > /shared/file; sleep 3600'), volumeMounts: [at('empty', '/shared')] },
          reader: { ...shell(loop('/shared/file')), volumeMounts: [at('empty', '/shared')] },
          dump: { ...shell('hexdump -C /vol/dump.bin; sleep 3600'), image: busybox, volumeMounts: [at('binary', '/vol')] },
        }, {
          volumes: [
            { name: 'changing', configMap: { name: 'changing' } },
            { name: 'going', configMap: { name: 'going', optional: true } },
            { name: 'making', secret: { secretName: 'making', optional: true } },
            { name: 'binary', configMap: { name: 'binary' } },
            { name: 'podinfo', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }, { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } }] } },
            { name: 'empty', emptyDir: {} },
          ],
        }, { labels: { key1: 'value1' }, annotations: { builder: 'bar' } }),
      );
      bench.ready('updates');
      expect(bench.exec('updates', 'cat', '/vol/data-1').text).toContain('value-1');
      bench.kubectl('patch configmap changing -p {"data":{"data-1":"value-2"}}');
      bench.kubectl('delete configmap going');
      bench.create(secret('making', { 'data-1': 'value-3' }));
      bench.kubectl('label pod updates key3=value3');
      bench.kubectl('annotate --overwrite pod updates builder=foo');
      const says = (container: string, text: string | RegExp): void => bench.until(() => bench.logs('updates', '-c', container, '--tail=4'), typeof text === 'string' ? new RegExp(text) : text);
      says('changed', 'value-2');
      says('gone', "can't open|No such file");
      says('made', 'value-3');
      says('labels', 'key3="value3"');
      says('labels', 'builder="foo"');
      says('reader', 'shared');
      says('dump', /de ca fe ba d0 fe ff/);
    });
  });
}

// The essence of sig-network's conformance tests: pods, Services and nodes reach each other as told, by address and by name.
import { beforeAll, describe, expect, it } from 'vitest';
import { agnhost, ConformanceBench, type Json, podOf, shell } from '../testing/conformance-bench.ts';

const service = (name: string, spec: Json): Json => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
const netexec = (...args: readonly string[]): Json => ({ args: ['netexec', ...args], readinessProbe: { httpGet: { path: '/healthz', port: 8083 }, periodSeconds: 2 } });

for (const preset of ['default', 'conformance'] as const) {
  describe(`network, ${preset}`, () => {
    let bench: ConformanceBench;
    let nodes: readonly string[];
    const address = (pod: string): string => bench.value(`pod ${pod}`, '.status.podIP');
    /** What `tries` requests from a pod are answered, each once. */
    const dial = (from: string, protocol: string, host: string, port: number, tries = 12, request = 'hostname'): string => {
      const text = bench.exec(from, '/bin/sh', '-c', `curl -g -q -s 'http://${address(from)}:9080/dial?request=${request}&protocol=${protocol}&host=${host}&port=${port}&tries=${tries}'`).text;
      const said = JSON.parse(text) as { readonly responses?: readonly string[]; readonly errors?: readonly string[] };
      return [...new Set([...(said.responses ?? []), ...(said.errors ?? []).map(() => 'error')])].sort().join(' ');
    };

    beforeAll(() => {
      bench = new ConformanceBench(preset);
      nodes = bench.kubectl('get nodes -o name').text.split('\n').filter((line) => line !== '' && !line.includes('m-k8s')).map((line) => line.slice('node/'.length));
      const on = (node: string): Json => ({ nodeSelector: { 'kubernetes.io/hostname': node }, restartPolicy: 'Always' });
      bench.create(
        ...nodes.map((node, index) => podOf(`netserver-${index}`, { webserver: { ...netexec('--http-port=8083', '--udp-port=8081'), ports: [{ containerPort: 8083 }, { containerPort: 8081, protocol: 'UDP' }] } }, on(node), { labels: { app: 'netserver' } })),
        podOf('test-container-pod', { webserver: { args: ['netexec', '--http-port=9080', '--udp-port=-1'] } }, on(nodes[0] as string)),
        podOf('said', { said: { args: ['serve-hostname', '--http=false', '--tcp', '--udp'] } }, on(nodes[1] as string), { labels: { app: 'said' } }),
        service('said', { type: 'NodePort', selector: { app: 'said' }, ports: [{ name: 'tcp', port: 80, targetPort: 9376 }, { name: 'udp', port: 80, protocol: 'UDP', targetPort: 9376 }] }),
        podOf('host-test-container-pod', { agnhost: { args: ['netexec', '--http-port=9080', '--udp-port=9081'] } }, { ...on(nodes[0] as string), hostNetwork: true }),
        service('node-port', { type: 'NodePort', selector: { app: 'netserver' }, ports: [{ name: 'http', port: 80, targetPort: 8083 }, { name: 'udp', port: 90, protocol: 'UDP', targetPort: 8081 }] }),
        service('affinity', { selector: { app: 'netserver' }, sessionAffinity: 'ClientIP', ports: [{ port: 80, targetPort: 8083 }] }),
        service('affinity-port', { type: 'NodePort', selector: { app: 'netserver' }, sessionAffinity: 'ClientIP', ports: [{ port: 80, targetPort: 8083 }] }),
        service('external', { type: 'ExternalName', externalName: 'nothing.example.com' }),
      );
      for (const pod of [...nodes.map((_, index) => `netserver-${index}`), 'test-container-pod', 'said', 'host-test-container-pod']) bench.ready(pod);
      bench.world.run(bench.world.nowMs + 5000);
    });
    const all = (): string => nodes.map((_, index) => `netserver-${index}`).join(' ');

    it('Networking Granular Checks: intra-pod and node-pod communication, http and udp', () => {
      nodes.forEach((_, index) => {
        const pod = `netserver-${index}`;
        expect(dial('test-container-pod', 'http', address(pod), 8083, 1)).toBe(pod);
        expect(dial('test-container-pod', 'udp', address(pod), 8081, 1)).toBe(pod);
        expect(bench.exec('host-test-container-pod', '/bin/sh', '-c', `curl -g -q -s --max-time 15 --connect-timeout 1 http://${address(pod)}:8083/hostName | grep -v '^\\s*$'`).text.trim()).toBe(pod);
        expect(bench.exec('host-test-container-pod', '/bin/sh', '-c', `echo hostName | nc -w 1 -u ${address(pod)} 8081 | grep -v '^\\s*$'`).text.trim()).toBe(pod);
      });
    });

    it('Services: one port of two protocols', () => {
      for (const protocol of ['-t', '-u']) expect(bench.exec('test-container-pod', '/bin/sh', '-c', `echo hello | nc -w 2 ${protocol} said 80`).text).toBe('said');
    });

    it('Services: ClusterIP and NodePort spread over all pods; endpoints leave and come back; a type changes', () => {
      const ip = bench.value('service node-port', '.spec.clusterIP');
      const port = Number(bench.value('service node-port', '.spec.ports[0].nodePort'));
      const nodeIP = bench.value(`node ${nodes[1] as string}`, '.status.addresses[?(@.type=="InternalIP")].address');
      expect(dial('test-container-pod', 'http', ip, 80, 40)).toBe(all());
      expect(dial('test-container-pod', 'udp', ip, 90, 40)).toBe(all());
      expect(dial('test-container-pod', 'http', nodeIP, port, 40)).toBe(all());
      expect(dial('host-test-container-pod', 'http', nodeIP, port, 40)).toBe(all());
      expect(bench.exec('host-test-container-pod', '/bin/sh', '-x', '-c', `echo hostName | nc -v -t -w 2 ${ip} 80`).code).toBe(0);
      bench.kubectl('label pod netserver-0 --overwrite app=gone');
      bench.until(() => dial('test-container-pod', 'http', ip, 80, 20), all().replace('netserver-0 ', ''));
      bench.kubectl('label pod netserver-0 --overwrite app=netserver');
      bench.until(() => dial('test-container-pod', 'http', ip, 80, 40), all());
      bench.kubectl('patch service external -p {"spec":{"type":"ClusterIP","externalName":null,"selector":{"app":"netserver"},"ports":[{"port":80,"targetPort":8083}]}}');
      bench.until(() => dial('test-container-pod', 'http', bench.value('service external', '.spec.clusterIP'), 80, 40), all());
      bench.kubectl('patch service external -p {"spec":{"type":"NodePort"}}');
      bench.until(() => dial('test-container-pod', 'http', nodeIP, Number(bench.value('service external', '.spec.ports[0].nodePort')), 40), all());
    });

    it('Services: session affinity for ClusterIP and NodePort, and switched off', () => {
      const ip = bench.value('service affinity', '.spec.clusterIP');
      const port = Number(bench.value('service affinity-port', '.spec.ports[0].nodePort'));
      const nodeIP = bench.value(`node ${nodes[0] as string}`, '.status.addresses[?(@.type=="InternalIP")].address');
      expect(dial('test-container-pod', 'http', ip, 80, 16)).toMatch(/^netserver-\d$/);
      expect(dial('test-container-pod', 'http', nodeIP, port, 16)).toMatch(/^netserver-\d$/);
      bench.kubectl('patch service affinity -p {"spec":{"sessionAffinity":"None"}}');
      bench.until(() => dial('test-container-pod', 'http', ip, 80, 40), all());
    });

    it('EndpointSlices by hand: several addresses and ports; multiport and both protocols on one port', () => {
      const slice = (name: string, pod: string, ports: readonly Json[]): Json => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name, labels: { 'kubernetes.io/service-name': 'by-hand' } }, addressType: 'IPv4', endpoints: [{ addresses: [address(pod)] }], ports });
      bench.create(
        service('by-hand', { ports: [{ name: 'one', port: 80, targetPort: 8083 }, { name: 'two', port: 80, targetPort: 8081, protocol: 'UDP' }] }),
        slice('by-hand-1', 'netserver-0', [{ name: 'one', port: 8083 }, { name: 'two', port: 8081, protocol: 'UDP' }]),
        slice('by-hand-2', 'netserver-1', [{ name: 'one', port: 8083 }]),
      );
      const ip = bench.value('service by-hand', '.spec.clusterIP');
      bench.until(() => dial('test-container-pod', 'http', ip, 80, 20), 'netserver-0 netserver-1');
      bench.until(() => dial('test-container-pod', 'udp', ip, 80, 10), 'netserver-0');
    });

    it('Endpoints and EndpointSlices: of pods that match, of none, made again, mirrored', () => {
      const nginx = 'registry.k8s.io/e2e-test-images/nginx:1.14-4';
      const ported = (name: string, labels: Json, ports: readonly Json[]): Json => podOf(name, { container1: { image: nginx, ports } }, {}, { labels });
      const open = (name: string, selector: Json, targetPort: number | string, port = 'http'): Json => service(name, { selector, publishNotReadyAddresses: true, ports: [{ name: port, port: 80, targetPort, protocol: 'TCP' }] });
      bench.create(
        ported('sliced-1', { one: 'on', shared: 'on' }, [{ name: 'example-name', containerPort: 3000 }]),
        ported('sliced-2', { two: 'on', shared: 'on' }, [{ name: 'example-name', containerPort: 3001 }, { name: 'other-port', containerPort: 3002 }]),
        open('example-int-port', { one: 'on' }, 3000), open('example-named-port', { shared: 'on' }, 'example-name'), open('example-no-match', { three: 'on' }, 8080), service('example-custom-endpoints', { ports: [{ name: 'example', port: 80 }] }),
      );
      interface Slice {
        readonly metadata: { readonly labels: Readonly<Record<string, string>> };
        readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly targetRef?: { readonly kind: string; readonly name: string }; readonly nodeName?: string }[];
        readonly ports?: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
      }
      const slices = (name: string): readonly Slice[] => bench.get<{ readonly items: readonly Slice[] }>(`endpointslices -l kubernetes.io/service-name=${name}`).items;
      const told = (name: string): string => slices(name).flatMap(({ endpoints, ports }) => (endpoints ?? []).map((each) => `${each.targetRef?.name ?? each.addresses[0] ?? ''}:${ports?.map(({ port }) => port).join() ?? ''}`)).sort().join(' ');
      bench.until(() => told('example-int-port'), 'sliced-1:3000');
      bench.until(() => told('example-named-port'), 'sliced-1:3000 sliced-2:3001');
      expect(slices('example-named-port')).toHaveLength(2);
      expect(slices('example-no-match').map(({ endpoints, metadata }) => [endpoints ?? [], metadata.labels['endpointslice.kubernetes.io/managed-by']])).toEqual([[[], 'endpointslice-controller.k8s.io']]);
      interface Subset {
        readonly addresses: readonly { readonly ip: string; readonly targetRef: { readonly name: string } }[];
        readonly ports: readonly { readonly port: number }[];
      }
      const subsets = (name: string): readonly Subset[] => (bench.done('GET', `/api/v1/namespaces/default/endpoints/${name}`)['subsets'] ?? []) as readonly Subset[];
      bench.until(() => subsets('example-named-port').map(({ addresses, ports }) => `${addresses.map(({ targetRef }) => targetRef.name).join()}:${ports.map(({ port }) => port).join()}`).sort().join(' '), 'sliced-1:3000 sliced-2:3001');
      expect(subsets('example-no-match')).toEqual([]);
      bench.kubectl('delete endpointslices -l kubernetes.io/service-name=example-named-port');
      bench.until(() => told('example-named-port'), 'sliced-1:3000 sliced-2:3001');
      bench.kubectl('delete service example-no-match');
      bench.until(() => `${bench.kubectl('get endpoints example-no-match').code ?? ''} ${slices('example-no-match').length}`, '1 0', 90_000);

      const custom = '/api/v1/namespaces/default/endpoints';
      const endpoints = (ip: string): Json => ({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'example-custom-endpoints' }, subsets: [{ ports: [{ port: 80 }], addresses: [{ ip }] }] });
      bench.done('POST', custom, endpoints('10.1.2.3'));
      bench.until(() => told('example-custom-endpoints'), '10.1.2.3:80', 12_000);
      bench.done('PUT', `${custom}/example-custom-endpoints`, endpoints('10.2.3.4'));
      bench.until(() => told('example-custom-endpoints'), '10.2.3.4:80', 12_000);
      bench.done('DELETE', `${custom}/example-custom-endpoints`);
      bench.until(() => String(slices('example-custom-endpoints').length), '0', 12_000);
    });

    it('Services: from ClusterIP and NodePort to ExternalName; affinity of a NodePort switched; a status by hand; one found among all, many deleted', () => {
      const target = 'node-port.default.svc.cluster.local';
      for (const type of ['ClusterIP', 'NodePort']) {
        const name = `from-${type.toLowerCase()}`;
        bench.create(service(name, { type, selector: { app: 'netserver' }, ports: [{ port: 80, targetPort: 8083 }] }));
        const path = `/api/v1/namespaces/default/services/${name}`;
        const now = bench.done('GET', path);
        const { ports: _ports, selector: _selector, ...spec } = now.spec;
        const changed = bench.done('PUT', path, { ...now, spec: { ...spec, type: 'ExternalName', externalName: target, clusterIP: '' } });
        expect([changed.spec['clusterIP'], changed.spec['clusterIPs'], changed.spec['ports']]).toEqual([undefined, undefined, undefined]);
        bench.until(() => bench.exec('test-container-pod', '/bin/sh', '-x', '-c', `nslookup ${name}.default.svc.cluster.local`).text, new RegExp(`Address: ${bench.value('service node-port', '.spec.clusterIP')}\n`), 30_000);
      }
      const nodeIP = bench.value(`node ${nodes[0] as string}`, '.status.addresses[?(@.type=="InternalIP")].address');
      const port = Number(bench.value('service affinity-port', '.spec.ports[0].nodePort'));
      const affinity = (kind: string): void => {
        bench.done('PATCH', '/api/v1/namespaces/default/services/affinity-port', { spec: { sessionAffinity: kind } });
      };
      affinity('None');
      bench.until(() => dial('test-container-pod', 'http', nodeIP, port, 40), all());
      affinity('ClientIP');
      bench.until(() => dial('test-container-pod', 'http', nodeIP, port, 16), /^netserver-\d$/);
      bench.create(service('balanced', { type: 'LoadBalancer', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }] }));
      const path = '/api/v1/namespaces/default/services/balanced/status';
      expect(bench.done('PATCH', path, { metadata: { annotations: { patchedstatus: 'true' } }, status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } } }, 'merge')).toMatchObject({ metadata: { annotations: { patchedstatus: 'true' } }, status: { loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP' }] } } });
      const now = bench.done('GET', path);
      const conditions = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: '2027-03-01T00:00:00Z' }];
      expect(bench.done('PUT', path, { ...now, status: { ...now.status, conditions } }).status['conditions']).toMatchObject(conditions);
      expect(bench.kubectl('get services -A -o name').text).toContain('service/kubernetes');
    });

    it('Service endpoints latency: of thirty Services at once, all have their endpoints soon', () => {
      const names = Array.from({ length: 30 }, (_, n) => `latency-svc-${n}`);
      bench.create(...names.map((name) => service(name, { selector: { app: 'netserver' }, ports: [{ port: 9376, protocol: 'TCP' }] })));
      const told = (): string => String(names.filter((name) => ((bench.done('GET', `/api/v1/namespaces/default/endpoints/${name}`)['subsets'] ?? []) as readonly unknown[]).length > 0).length);
      bench.sleep(3000);
      bench.until(told, '30', 20_000);
    });

    it('HostPort: pods share a port with different host addresses and protocols', () => {
      const hostIP = bench.value(`node ${nodes[2] as string}`, '.status.addresses[?(@.type=="InternalIP")].address');
      const at = (name: string, host: string, protocol: string): Json => podOf(name, { agnhost: { args: ['netexec', '--http-port=8080', '--udp-port=8080'], ports: [{ hostPort: 54323, containerPort: 8080, protocol, hostIP: host }], readinessProbe: { httpGet: { path: '/hostname', port: 8080 } } } }, { nodeSelector: { 'kubernetes.io/hostname': nodes[2] } });
      bench.create(at('pod1', '127.0.0.1', 'TCP'), at('pod2', hostIP, 'TCP'), at('pod3', hostIP, 'UDP'), podOf('e2e-host-exec', { exec: { args: ['pause'] } }, { hostNetwork: true, nodeSelector: { 'kubernetes.io/hostname': nodes[2] } }));
      for (const pod of ['pod1', 'pod2', 'pod3', 'e2e-host-exec']) bench.ready(pod);
      const say = (command: string): string => bench.exec('e2e-host-exec', '/bin/sh', '-c', command).text.trim();
      expect(say(`curl -g --connect-timeout 5 --interface ${hostIP} http://127.0.0.1:54323/hostname`)).toContain('pod1');
      expect(say(`curl -g --connect-timeout 5 http://${hostIP}:54323/hostname`)).toContain('pod2');
      expect(say(`echo hostname | nc -u -w 5 ${hostIP} 54323`)).toContain('pod3');
    });

    it('Proxy: a pod and a Service through the API server', () => {
      expect(bench.kubectl('get --raw /api/v1/namespaces/default/pods/netserver-0:8083/proxy/hostname').text.trim()).toBe('netserver-0');
      expect(bench.kubectl('get --raw /api/v1/namespaces/default/services/node-port:http/proxy/echo?msg=hi').text.trim()).toBe('hi');
      const env = [['SERVE_PORT_80', '<a href="/rewriteme">test</a>'], ['SERVE_PORT_160', 'foo'], ['SERVE_PORT_162', 'bar'], ['SERVE_TLS_PORT_443', 'tls baz'], ['SERVE_TLS_PORT_460', 'tls qux']].map(([name, value]) => ({ name, value }));
      bench.create(
        podOf('porter', { porter: { args: ['porter'], env, ports: [{ containerPort: 80, name: 'dest1' }, { containerPort: 162, name: 'dest2' }, { containerPort: 460, name: 'tlsdest2' }], readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 } } }, {}, { labels: { app: 'porter' } }),
        service('porter', { selector: { app: 'porter' }, ports: [{ name: 'portname1', port: 80, targetPort: 'dest2' }, { name: 'portname2', port: 81, targetPort: 162 }, { name: 'tlsportname1', port: 443, targetPort: 'tlsdest2' }] }),
        podOf('json', { agnhost: { args: ['porter', '--json-response'], env: [{ name: 'SERVE_PORT_80', value: 'test' }] } }),
      );
      bench.ready('porter');
      bench.ready('json');
      const ask = (path: string): string => bench.kubectl(`get --raw /api/v1/namespaces/default/${path}`).text.trim();
      bench.until(() => ask('services/porter:portname1/proxy/'), 'bar', 20_000);
      expect(ask('services/http:porter:portname2/proxy/')).toBe('bar');
      expect(ask('services/porter:80/proxy/')).toBe('bar');
      expect(ask('services/https:porter:tlsportname1/proxy/')).toBe('tls qux');
      expect(ask('pods/porter:160/proxy/')).toBe('foo');
      expect(ask('pods/http:porter:162/proxy/')).toBe('bar');
      expect(ask('pods/https:porter:443/proxy/')).toBe('tls baz');
      expect(ask('pods/porter/proxy/')).toBe('<a href="/api/v1/namespaces/default/pods/porter/proxy/rewriteme">test</a>');
      expect(ask('pods/porter/proxy')).toBe(ask('pods/porter/proxy/'));
      bench.create(service('json', { selector: { name: 'json' }, ports: [{ port: 80 }] }));
      bench.until(() => ask('services/json/proxy/'), /Method/, 20_000);
      for (const what of ['pods', 'services']) {
        const path = `/api/v1/namespaces/default/${what}/json/proxy`;
        for (const method of ['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT']) for (const way of [`?method=${method}`, '/some/path']) expect(bench.ask(method, `${path}${way}`)).toMatchObject({ status: 200, body: JSON.stringify({ Method: method, Body: 'test' }) });
        for (const method of ['GET', 'HEAD']) expect([bench.ask(method, `${path}?method=${method}`).status, bench.ask(method, `${path}/some/path`).status]).toEqual([301, 200]);
      }
      expect(ask('pods/json/proxy/some/path')).toBe('{"Method":"GET","Body":"test"}');
    });

    it('DNS: Services, pods by hostname and subdomain, external names, hosts entries; name servers of the pod', () => {
      bench.create(
        service('headless', { clusterIP: 'None', selector: { dns: 'yes' }, ports: [{ name: 'http', port: 80 }] }),
        service('alias', { type: 'ExternalName', externalName: 'foo.example.com' }),
        podOf('querier', { agnhost: { args: ['test-webserver'] }, querier: { args: ['pause'] }, jessie: { image: 'registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7', command: ['sleep', '3600'] }, loop: shell('for i in `seq 1 3`; do check="$$(nslookup kubernetes.default)" && test -n "$$check" && echo OK; sleep 1; done; sleep 3600') }, { hostname: 'dns-querier', subdomain: 'headless' }, { labels: { dns: 'yes' } }),
        podOf('own-servers', { agnhost: { image: agnhost, args: ['pause'] } }, { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'] } }),
      );
      bench.ready('querier');
      bench.ready('own-servers');
      bench.world.run(bench.world.nowMs + 8000);
      const ask = (command: string): string => bench.kubectl('exec', 'querier', '-c', 'jessie', '--', 'sh', '-c', command).text.trim();
      const ip = address('querier');
      expect(ask('dig +notcp +noall +answer +search kubernetes.default.svc.cluster.local A')).toContain('10.96.0.1');
      expect(ask('dig +tcp +noall +answer +search kubernetes.default A')).toContain('10.96.0.1');
      expect(ask('dig +notcp +noall +answer +search _http._tcp.headless.default.svc SRV')).toMatch(/SRV\s+\d+ \d+ 80 dns-querier\.headless\.default\.svc\.cluster\.local/);
      expect(ask('dig +notcp +noall +answer +search dns-querier.headless A')).toContain(ip);
      expect(ask('getent hosts dns-querier.headless.default.svc.cluster.local')).toContain(ip);
      expect(ask('getent hosts dns-querier')).toContain(ip);
      expect(ask('dig +short alias.default.svc.cluster.local CNAME')).toBe('foo.example.com.');
      const clusterIP = bench.value('service node-port', '.spec.clusterIP');
      const reverse = `${clusterIP.split('.').reverse().join('.')}.in-addr.arpa.`;
      expect(ask(`dig +notcp +noall +answer +search ${reverse} PTR`)).toContain('node-port.default.svc.cluster.local.');
      const dashed = `${ip.replaceAll('.', '-')}.default.pod.cluster.local`;
      expect(ask(`podARec=$(hostname -i| awk -F. '{print $1"-"$2"-"$3"-"$4".default.pod.cluster.local"}'); dig +notcp +noall +answer +search \${podARec} A; echo $podARec`)).toContain(dashed);
      expect(bench.kubectl('exec own-servers -- /agnhost dns-suffix').text).toBe('resolv.conf.local');
      expect(bench.kubectl('exec own-servers -- /agnhost dns-server-list').text).toBe('1.1.1.1');
      expect(bench.logs('querier', '-c', 'loop')).toBe('OK\nOK\nOK\n');
    });
  });
}

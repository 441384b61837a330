// What kubectl does beyond asking: folders into containers and back, the API on a port of the laptop.
import { beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';

let world: World;

function shell(line: string, maxMs = 60_000): string {
  let said = '';
  const process = world.spawn('laptop', { program: 'sh', args: ['-c', line], privileged: true, onOutput: (_, part) => (said += part) });
  world.run(world.nowMs + maxMs, () => process.exit !== undefined);
  return said;
}

beforeAll(() => {
  world = createCluster('default', { seed: 4, nodes: 2 }).world;
  world.run(60_000);
  shell('kubectl run box --image=busybox --command -- sleep 100000 && kubectl wait --for=condition=Ready pod/box');
});

describe('kubectl cp', () => {
  it('brings a folder into a container and back', () => {
    shell('mkdir -p /root/site/css/empty && echo hello > /root/site/index.html && echo red > /root/site/css/a.css');
    expect(shell('cd /root && kubectl cp site box:/tmp && kubectl exec box -- cat /tmp/site/index.html /tmp/site/css/a.css')).toBe('hello\nred\n');
    expect(shell('kubectl exec box -- sh -c "test -d /tmp/site/css/empty && echo there"')).toBe('there\n');
    expect(shell('kubectl cp box:/tmp/site /root/back && cat /root/back/index.html /root/back/css/a.css && ls /root/back/css')).toBe("tar: removing leading '/' from member names\nhello\nred\na.css  empty\n");
  });

  it('names a folder anew where there is none of that name, and takes one file', () => {
    expect(shell('cd /root && kubectl cp site box:/tmp/other && kubectl exec box -- cat /tmp/other/index.html')).toBe('hello\n');
    expect(shell('cd /root && kubectl cp --no-preserve site/index.html default/box:/tmp/one.html -c box && kubectl cp box:/tmp/one.html ./one && cat one')).toBe("tar: removing leading '/' from member names\nhello\n");
  });

  it('says what is wrong', () => {
    expect(shell('kubectl cp /root/nothing box:/tmp')).toBe("error: /root/nothing doesn't exist in local filesystem\n");
    expect(shell('kubectl cp box:/nothing /root/x')).toMatch(/tar: \/nothing: No such file or directory\n.*command terminated with exit code 1\n$/s);
    expect(shell('cd /root && kubectl cp box:/tmp/one.html .')).toMatch(/error: open \.: is a directory\n$/);
    expect(shell('kubectl cp box:/a box:/b')).toBe('error: one of src or dest must be a local file specification\n');
  });
});

describe('kubectl proxy', () => {
  it('serves the API, and a watch of it, to whoever asks on the laptop', () => {
    const said = shell('kubectl proxy --www=/root/site & sleep 1; curl -s localhost:8001/api/v1/namespaces/default/pods/box/status; echo; curl -s localhost:8001/static/index.html; curl -s -m 2 "http://127.0.0.1:8001/api/v1/namespaces/default/pods?watch=true&timeoutSeconds=1"; kill %1');
    expect(said).toMatch(/^Starting to serve on 127\.0\.0\.1:8001\n/);
    expect(said).toMatch(/"name": ?"box"/);
    expect(said).toContain('\nhello\n');
    expect(said).toMatch(/"type": ?"ADDED"/);
  });

  it('lets through what it was told to, below the prefix it was told', () => {
    const said = shell('kubectl proxy --port=8002 --api-prefix=/custom/ --reject-paths=secrets & sleep 1; for p in /custom/version /version /custom/api/v1/secrets /custom/api/v1/nothing; do curl -s -o /dev/null -w "%{http_code}\\n" localhost:8002$p; done; curl -s -o /dev/null -w "%{http_code}\\n" -H "Host: evil.example" localhost:8002/custom/version; kubectl proxy --port=8002; kill %1');
    expect(said).toBe('Starting to serve on 127.0.0.1:8002\n200\n404\n403\n404\n403\nerror: listen tcp 127.0.0.1:8002: bind: address already in use\n');
  });
});

describe('kubectl', () => {
  it('notes the command line where --record asks for it', () => {
    expect(shell('kubectl create deployment noted --image=nginx && kubectl set image deploy/noted nginx=nginx:1.27 --record')).toMatch(/Flag --record has been deprecated, --record will be removed in the future\n.*image updated\n$/s);
    expect(shell('kubectl rollout history deploy/noted')).toContain('2         kubectl set image deploy/noted nginx=nginx:1.27 --record=true\n');
  });

  it('makes what was got elsewhere anew, and shows managed fields to paths', () => {
    expect(shell('kubectl create configmap once --from-literal=a=b -o yaml > /root/once.yaml; kubectl delete cm once; kubectl create -f /root/once.yaml; kubectl get cm once -o jsonpath="{.metadata.managedFields[*].manager}"')).toMatch(/configmap\/once created\nkubectl-create$/);
    expect(shell('kubectl create -f /root/once.yaml -l no=such')).toBe('error: no objects passed to create\n');
  });

  it('applies the other member of a union, and replaces whatever the version', () => {
    const deployment = (strategy: string): string => `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"union"},"spec":{"replicas":0,"strategy":{"type":"${strategy}"},"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx"}],"volumes":[{"name":"v",${strategy === 'Recreate' ? '"hostPath":{"path":"/data"}' : '"emptyDir":{}'}}]}}}}`;
    expect(shell(`echo '${deployment('RollingUpdate')}' | kubectl apply -f - && echo '${deployment('Recreate')}' | kubectl apply -f -`)).toBe('deployment.apps/union created\ndeployment.apps/union configured\n');
    expect(shell('echo \'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"once","resourceVersion":"0"},"data":{"a":"c"}}\' | kubectl replace -f -')).toBe('configmap/once replaced\n');
    expect(shell('kubectl get pod box -o json | grep -v -i priority > /root/box.json; kubectl replace -f /root/box.json && kubectl get pod box -o jsonpath="{.spec.priority}{.spec.preemptionPolicy}"')).toBe('pod/box replaced\n0PreemptLowerPriority');
  });

  it('patches without a server', () => {
    expect(shell('kubectl patch --local -f /root/once.yaml -p \'{"data":{"z":"y"}}\' -o jsonpath="{.data}"')).toBe('{"a":"b","z":"y"}');
    expect(shell('kubectl run x --image=InvalidName')).toBe('error: Invalid image name "InvalidName": invalid reference format\n');
  });

  it('keeps each entry of several kubeconfigs in its file', () => {
    expect(shell('cd /root && export KUBECONFIG=a.cfg:b.cfg && kubectl --kubeconfig=a.cfg config set-cluster one --server=http://a >/dev/null && kubectl --kubeconfig=b.cfg config set-context two --cluster=one > /dev/null && kubectl config use-context two && kubectl config set-context --current --namespace=x && kubectl config get-contexts --no-headers && cat a.cfg b.cfg')).toBe(
      'Switched to context "two".\nContext "two" modified.\n*     two   one         x\napiVersion: v1\nclusters:\n- cluster:\n    server: http://a\n  name: one\ncontexts: null\ncurrent-context: two\nkind: Config\nusers: null\napiVersion: v1\nclusters: null\ncontexts:\n- context:\n    cluster: one\n    namespace: x\n    user: ""\n  name: two\ncurrent-context: ""\nkind: Config\nusers: null\n',
    );
  });

  it('restores what a forced apply could not replace', () => {
    const service = (ip: string): string => `{"apiVersion":"v1","kind":"Service","metadata":{"name":"kept"},"spec":{"clusterIP":"${ip}","ports":[{"port":80}]}}`;
    expect(shell(`echo '${service('None')}' | kubectl apply -f - && echo '${service('10.0.0.12')}' | kubectl apply --force -f -; kubectl get svc kept -o jsonpath='{.spec.clusterIP}'`)).toMatch(/^service\/kept created\nThe Service "kept" is invalid: .*valid range.*\nNone$/);
  });

  it('does what it can of several files', () => {
    shell('mkdir /root/some && echo \'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fine"}}\' > /root/some/a.json && echo \'{"apiVersion":"v1"}\' > /root/some/b.json && kubectl apply -f /root/some/a.json');
    expect(shell('kubectl get -f /root/some -o name')).toMatch(/^configmap\/fine\n(error: )?unable to decode/);
    expect(shell('echo \'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"nowhere","labels":{"a":"b"}},"spec":{"containers":[]}}\' | kubectl expose --port=80 -f -')).toBe('service/nowhere exposed\n');
    expect(shell('kubectl set selector svc nowhere c=d --resource-version=1; kubectl set selector svc nowhere c=d')).toMatch(/^Error from server \(Conflict\).*\nservice\/nowhere selector updated\n$/);
  });
});

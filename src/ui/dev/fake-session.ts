// Development only (never in a shipped page: see main.tsx, mode `fake`): a scripted feed that speaks the session's protocol, to look at the
// page before and apart from the simulation. Nothing in it claims to be Kubernetes. `?pods=1000&nodes=20` makes a crowd.
import type { Control, Flight, Frame, FromSession, Hop, HopStage, Moment, Query, Run, TerminalOutput, ToSession } from '../../session/protocol.ts';
import type { MachineRecord, NodeRecord, PodRecord, ProcessRecord, SceneRecord, SceneDiff, WireRecord } from '../../scene/records.ts';
import type { SessionPort } from '../store/session-client.ts';
import type { Family } from '../store/types.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function fakePort(): SessionPort {
  const query = new URLSearchParams(location.search);
  const podCount = Number(query.get('pods') ?? 0);
  let take: (message: FromSession) => void = () => undefined;
  let timer = 0;
  let run: Run | undefined;
  let nowMs = 0;
  let endMs = 0;
  let playing = true;
  let speed = 1;
  let seq = 0;
  let nextId = 1000;
  let records = new Map<string, SceneRecord>();
  let diff: { added: SceneRecord[]; updated: [SceneRecord, SceneRecord][]; removed: SceneRecord[] } = { added: [], updated: [], removed: [] };
  let flights: Flight[] = [];
  let moments: Moment[] = [];
  let hops: Hop[] = [];
  let agenda: { atMs: number; run(): void }[] = [];
  let history: { atMs: number; diff: SceneDiff }[] = [];
  let follow: number | undefined;

  const put = (record: SceneRecord): void => {
    const before = records.get(record.id);
    if (before === undefined) diff.added.push(record);
    else diff.updated.push([before, record]);
    records.set(record.id, record);
  };
  const drop = (id: string): void => {
    const before = records.get(id);
    if (before === undefined) return;
    diff.removed.push(before);
    records.delete(id);
  };
  const change = <T extends SceneRecord>(id: string, part: Partial<Mutable<T>>): void => {
    const before = records.get(id);
    if (before !== undefined) put({ ...before, ...part } as SceneRecord);
  };
  const at = (delayMs: number, work: () => void): void => {
    agenda.push({ atMs: endMs + delayMs, run: work });
    agenda.sort((a, b) => a.atMs - b.atMs);
  };
  const fly = (from: string, to: string, family: Family, note: string, lost = false): void => {
    const place = (text: string) => ({ machine: text.slice(0, text.indexOf('/')), process: text.slice(text.indexOf('/') + 1) });
    flights.push({ id: nextId++, from: place(from), to: place(to), family, note, departMs: endMs, arriveMs: endMs + 0.25, lost });
  };
  const mark = (lane: Moment['lane'], text: string, level: Moment['level'] = 'info'): void => {
    moments.push({ id: nextId++, atMs: endMs, lane, sentence: { key: text, params: {} }, because: 0, level });
  };

  const machine = (name: string, role: MachineRecord['role'], slot: number, address: string): MachineRecord => ({ table: 'machine', id: `machine:${name}`, name, role, address, zone: 'a', on: true, slot, images: [] });
  const process = (where: string, name: string, more: Partial<ProcessRecord> = {}): ProcessRecord => ({ table: 'process', id: `process:${where}/${name}`, machine: where, name, program: name, state: 'running', incarnation: 1, exitCode: null, ready: true, lease: '', standby: false, raft: null, pod: null, ...more });
  const wire = (from: string, to: string, family: Family, identity: string): WireRecord => {
    const place = (text: string) => ({ machine: text.slice(0, text.indexOf('/')), process: text.slice(text.indexOf('/') + 1) });
    return { table: 'wire', id: `wire:${from}>${to}`, from: place(from), to: place(to), family, count: 1, identity };
  };
  const pod = (name: string, namespace: string, node: string, mark: PodRecord['mark'], more: Partial<PodRecord> = {}): PodRecord => ({
    table: 'pod', id: `pod:${namespace}-${name}`, uid: `${namespace}-${name}`, namespace, name, node, ip: mark === 'pending' ? '' : `10.244.${1 + (nextId % 3)}.${2 + (nextId++ % 200)}`, phase: 'Running',
    status: { pending: 'Pending', creating: 'ContainerCreating', running: 'Running', ready: 'Running', failing: 'CrashLoopBackOff', terminating: 'Terminating', done: 'Completed' }[mark], mark, readyContainers: 1, totalContainers: 1, restarts: 0,
    containers: [{ name: 'nginx', image: 'nginx:1.29', state: 'running', reason: '' }], owner: { kind: 'ReplicaSet', name: name.replace(/-[a-z0-9]+$/, ''), uid: 'r' }, labels: {}, isStatic: false, createdMs: endMs, ...more,
  });

  let masters: string[] = [];
  let workers: string[] = [];
  let front = '';

  function build(): void {
    const ha = run?.preset === 'ha';
    masters = ha ? ['m1-k8s', 'm2-k8s', 'm3-k8s'] : ['m-k8s'];
    workers = Array.from({ length: run?.nodes ?? 3 }, (_, index) => `w${index + 1}-k8s`);
    front = ha ? 'load-balancer/load-balancer' : 'm-k8s/kube-apiserver';
    put(machine('laptop', 'client', 0, '192.168.1.5'));
    put(process('laptop', 'shell'));
    if (ha) {
      put(machine('load-balancer', 'load-balancer', 0, '192.168.1.9'));
      put(process('load-balancer', 'load-balancer'));
    }
    ['docker.io', 'registry.k8s.io', 'quay.io'].forEach((name, slot) => put(machine(name, 'registry', slot, `192.168.2.1${slot}`)));
    put(machine('traffic', 'traffic', 0, '192.168.1.6'));
    masters.forEach((name, slot) => put(machine(name, 'master', slot, `192.168.1.1${slot}`)));
    workers.forEach((name, slot) => put(machine(name, 'worker', slot, `192.168.1.${101 + slot}`)));
    for (const name of [...masters, ...workers]) {
      put(process(name, 'containerd'));
      put(process(name, 'kubelet', { ready: false }));
    }
    masters.forEach((name, index) => {
      at(800 + index * 200, () => put(process(name, 'etcd', { raft: { role: 'follower', term: 1, leader: '', lastIndex: 4, commitIndex: 4, members: masters } })));
      at(1900 + index * 200, () => put(process(name, 'kube-apiserver')));
      at(2600, () => put(process(name, 'kube-scheduler', { standby: index > 0, lease: index === 0 ? 'kube-system/kube-scheduler' : '' })));
      at(2700, () => put(process(name, 'kube-controller-manager', { standby: index !== masters.length - 1, lease: index === masters.length - 1 ? 'kube-system/kube-controller-manager' : '' })));
    });
    at(1700, () => {
      masters.forEach((name, index) => change<ProcessRecord>(`process:${name}/etcd`, { raft: { role: index === 0 ? 'leader' : 'follower', term: 2, leader: masters[0] ?? '', lastIndex: 12, commitIndex: 11, members: masters } }));
      mark('leadership', `${masters[0]} leads etcd, term 2`, 'good');
    });
    [...masters, ...workers].forEach((name, index) => {
      at(3500 + index * 300, () => {
        const node: NodeRecord = { table: 'node', id: `node:${name}`, name, machine: name, ready: 'False', unschedulable: false, taints: [], conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: '' }], capacity: { cpuMilli: 2000, memoryBytes: 4 * 2 ** 30, pods: 110 }, requested: { cpuMilli: index === 0 ? 950 : 350, memoryBytes: 300 * 2 ** 20, pods: 3 }, used: { cpuMilli: 140, memoryBytes: 500 * 2 ** 20 } };
        put(node);
        change<ProcessRecord>(`process:${name}/kubelet`, { ready: true });
        put(process(name, 'kube-proxy', { pod: `kube-system/kube-proxy-${index}` }));
        put(process(name, 'calico-node', { pod: `kube-system/calico-${index}` }));
        put(wire(`${name}/kubelet`, front, 'watch', `system:node:${name}`));
        put(wire(`${name}/kube-proxy`, front, 'watch', 'system:serviceaccount:kube-system:kube-proxy'));
      });
      at(6000 + index * 400, () => {
        change<NodeRecord>(`node:${name}`, { ready: 'True' });
        mark('node', `${name} is Ready`, 'good');
      });
    });
    for (const name of masters) {
      at(2600, () => {
        if (front.startsWith('load')) put(wire(front, `${name}/kube-apiserver`, 'client', ''));
        put(wire(`${name}/kube-apiserver`, `${name}/etcd`, 'etcd', 'kube-apiserver-etcd-client'));
        for (const other of masters) if (other > name) put(wire(`${name}/etcd`, `${other}/etcd`, 'raft', name));
      });
    }
    at(8000, () => {
      put(pod('coredns-7db6d8ff4d-abcde', 'kube-system', workers[0] ?? '', 'ready'));
      put(pod('coredns-7db6d8ff4d-fghij', 'kube-system', workers[1] ?? '', 'ready'));
    });
    at(9000, () => { if (podCount > 0) rollout(podCount); });
    chatter();
  }

  function chatter(): void {
    at(400, chatter);
    const any = <T>(list: readonly T[]): T | undefined => list[nextId % list.length];
    const node = any([...workers, ...masters]);
    const main = masters[0];
    nextId += 1;
    if (node === undefined || main === undefined || endMs < 3500) return;
    fly(`${node}/kubelet`, front, 'kubelet', 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases');
    at(40, () => fly(`${main}/kube-apiserver`, `${main}/etcd`, 'etcd', 'Txn'));
    at(60, () => masters.slice(1).forEach((other) => fly(`${main}/etcd`, `${other}/etcd`, 'raft', 'MsgApp')));
    at(90, () => masters.forEach((name) => {
      const etcd = records.get(`process:${name}/etcd`);
      if (etcd?.table === 'process' && etcd.raft !== null) change<ProcessRecord>(etcd.id, { raft: { ...etcd.raft, lastIndex: etcd.raft.lastIndex + 1, commitIndex: etcd.raft.commitIndex + 1 } });
    }));
    at(120, () => fly(`${main}/kube-apiserver`, `${main}/kube-scheduler`, 'watch', 'MODIFIED lease'));
  }

  function rollout(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const name = `web-7f9c8d6b54-${(index + 46656).toString(36).padStart(5, 'x')}`;
      const node = workers[index % workers.length] ?? '';
      const when = index * 4;
      at(when, () => put(pod(name, 'default', '', 'pending')));
      at(when + 60, () => { change<PodRecord>(`pod:default-${name}`, { node, mark: 'creating', status: 'ContainerCreating' }); fly(`${masters[0]}/kube-scheduler`, front, 'client', `bind ${name}`); });
      at(when + 700, () => change<PodRecord>(`pod:default-${name}`, { mark: 'running', status: 'Running' }));
      at(when + 1100, () => { change<PodRecord>(`pod:default-${name}`, { mark: index % 97 === 0 ? 'failing' : 'ready' }); fly(`${node}/kubelet`, front, 'kubelet', 'PATCH status'); });
    }
  }

  function apply(root: number): void {
    const main = masters[0] ?? '';
    let when = 20;
    const hop = (stage: HopStage, text: string, from: string, to: string, gap: number, family: Family = 'client', then?: () => void): void => {
      when += gap;
      const place = (value: string) => ({ machine: value.slice(0, value.indexOf('/')), process: value.slice(value.indexOf('/') + 1) });
      at(when, () => {
        if (from !== to) fly(from, to, family, text);
        hops.push({ event: nextId++, atMs: endMs, ...place(to), sentence: { key: text, params: {} }, stage, gapMs: gap, folded: gap > 1500, from: place(from), to: place(to) });
        then?.();
      });
    };
    const api = `${main}/kube-apiserver`;
    hop('client', 'kubectl sends the nginx Deployment.', 'laptop/kubectl', front, 20);
    if (front !== api) hop('load-balancer', 'The load balancer hands it to an API server.', front, api, 300);
    hop('authenticate', 'The API server knows the client by its certificate: kubernetes-admin.', api, api, 500);
    hop('authorize', 'RBAC allows it: cluster-admin.', api, api, 500);
    hop('mutate', 'Admission fills in defaults.', api, api, 500);
    hop('validate', 'The Deployment is valid.', api, api, 500);
    hop('propose', 'The API server proposes the key to etcd.', api, `${main}/etcd`, 500, 'etcd');
    masters.slice(1).forEach((name) => hop('replicate', `The leader sends the entry to ${name}.`, `${main}/etcd`, `${name}/etcd`, 400, 'raft'));
    hop('commit', 'A majority has it: revision 412 is committed.', `${main}/etcd`, api, 400, 'etcd');
    const kcm = `${masters.at(-1)}/kube-controller-manager`;
    hop('watch', 'The Deployment controller hears of it.', api, kcm, 500, 'watch');
    hop('controller', 'It creates a ReplicaSet, which creates 3 pods.', kcm, api, 500, 'client', () => [0, 1, 2].forEach((index) => put(pod(`nginx-5c7588df-a${root % 10}b${index}c`, 'default', '', 'pending'))));
    hop('schedule', 'The scheduler scores the nodes.', api, `${main}/kube-scheduler`, 500, 'watch');
    [0, 1, 2].forEach((index) => {
      const node = workers[index % workers.length] ?? '';
      const id = `pod:default-nginx-5c7588df-a${root % 10}b${index}c`;
      hop('bind', `The scheduler binds nginx-${index} to ${node}.`, `${main}/kube-scheduler`, api, 300, 'client', () => change<PodRecord>(id, { node, mark: 'creating', status: 'ContainerCreating' }));
      hop('pull', `containerd pulls nginx:1.29 on ${node}.`, `${node}/containerd`, 'docker.io/registry', 2200, 'image');
      hop('start', `The container on ${node} runs.`, `${node}/kubelet`, `${node}/containerd`, 700, 'runtime', () => change<PodRecord>(id, { mark: 'ready', status: 'Running' }));
    });
    hop('status', 'All three pods are Ready.', `${workers[0]}/kubelet`, front, 600, 'kubelet');
  }

  function command(message: Extract<ToSession, { kind: 'command' }>): void {
    const { command: what } = message;
    const event = nextId++;
    if (nowMs < endMs) { endMs = nowMs; take({ kind: 'restart', run: run as Run, scene: [...records.values()], moments: [], terminal: [], nowMs }); }
    take({ kind: 'accepted', id: message.id, event, atMs: endMs });
    const say = (output: Omit<TerminalOutput, 'machine'>) => take({ kind: 'terminal', output: { machine: 'laptop', ...output } });
    switch (what.do) {
      case 'run':
        say({ kind: 'line', text: what.line });
        mark('input', what.line);
        put(process('laptop', 'kubectl'));
        if (what.line.includes('apply')) apply(event);
        if (what.line.startsWith('kubectl delete pod')) {
          const name = what.line.split(' ')[3];
          at(100, () => change<PodRecord>(`pod:default-${name}`, { mark: 'terminating', status: 'Terminating' }));
          at(2000, () => drop(`pod:default-${name}`));
        }
        at(300, () => { say({ kind: 'stdout', text: what.line.includes('get') ? 'NAME     STATUS   ROLES           AGE   VERSION\nm-k8s    Ready    control-plane   60s   v1.36.0\nw1-k8s   Ready    <none>          50s   v1.36.0\n' : 'deployment.apps/nginx created\n' }); say({ kind: 'exit', text: '', exitCode: 0 }); change<ProcessRecord>('process:laptop/kubectl', { state: 'exited', exitCode: 0 }); });
        break;
      case 'power':
        change<MachineRecord>(`machine:${what.machine}`, { on: what.on });
        mark('fault', `${what.machine} ${what.on ? 'has power' : 'lost power'}`, what.on ? 'good' : 'bad');
        at(what.on ? 3000 : 50_000, () => { change<NodeRecord>(`node:${what.machine}`, { ready: what.on ? 'True' : 'Unknown' }); mark('node', `${what.machine} is ${what.on ? 'Ready' : 'Unknown'}`, what.on ? 'good' : 'bad'); });
        break;
      case 'kill': change<ProcessRecord>(`process:${what.machine}/${what.process}`, { state: 'exited', exitCode: 137 }); mark('fault', `${what.process} on ${what.machine} was killed`, 'bad'); break;
      case 'freeze': change<ProcessRecord>(`process:${what.machine}/${what.process}`, { state: 'frozen' }); mark('fault', `${what.process} is frozen`, 'bad'); break;
      case 'thaw': change<ProcessRecord>(`process:${what.machine}/${what.process}`, { state: 'running' }); break;
      case 'fault': put({ table: 'fault', id: `fault:${what.name}`, name: what.name, rule: what.rule, sinceMs: endMs }); mark('fault', what.name, 'bad'); break;
      case 'heal': drop(`fault:${what.name}`); break;
      case 'heal-all': for (const id of [...records.keys()]) if (id.startsWith('fault:')) drop(id); break;
      default:
    }
    if (!playing) frame();
  }

  function frame(): void {
    if (diff.added.length + diff.updated.length + diff.removed.length > 0) history.push({ atMs: endMs, diff });
    const message: Frame = { seq: seq++, nowMs, endMs, playing, speed, actualSpeed: speed, diff, flights, moments, hops: follow === undefined ? [] : hops };
    diff = { added: [], updated: [], removed: [] };
    flights = [];
    moments = [];
    hops = [];
    take({ kind: 'frame', frame: message });
  }

  function advance(toMs: number): void {
    while (agenda[0] !== undefined && agenda[0].atMs <= toMs) {
      const next = agenda.shift();
      if (next === undefined) break;
      endMs = Math.max(endMs, next.atMs);
      next.run();
    }
    endMs = toMs;
    nowMs = toMs;
  }

  function seek(toMs: number): void {
    const back = toMs < nowMs;
    const merged: { added: SceneRecord[]; updated: [SceneRecord, SceneRecord][]; removed: SceneRecord[] } = { added: [], updated: [], removed: [] };
    const parts = history.filter((entry) => (back ? entry.atMs > toMs && entry.atMs <= nowMs : entry.atMs > nowMs && entry.atMs <= toMs));
    nowMs = toMs;
    playing = false;
    const send = (part: SceneDiff) => take({ kind: 'frame', frame: { seq: seq++, nowMs, endMs, playing, speed, actualSpeed: 0, diff: part, flights: [], moments: [], hops: [] } });
    if (parts.length === 0) send(merged);
    for (const entry of back ? parts.toReversed() : parts) send(back ? { added: entry.diff.removed, removed: entry.diff.added, updated: entry.diff.updated.map(([before, after]) => [after, before] as const) } : entry.diff);
  }

  function control(what: Control): void {
    switch (what.control) {
      case 'start':
        run = what.run; nowMs = 0; endMs = 0; playing = what.playing; speed = what.speed; records = new Map(); agenda = []; history = [];
        build();
        diff = { added: [], updated: [], removed: [] };
        history.push({ atMs: 0, diff: { added: [...records.values()], updated: [], removed: [] } });
        take({ kind: 'restart', run, scene: [...records.values()], moments: [], terminal: [], nowMs: 0 });
        break;
      case 'play': playing = true; break;
      case 'pause': playing = false; frame(); break;
      case 'speed': speed = what.speed; break;
      case 'follow': follow = what.root; break;
      case 'step': case 'hop': case 'next-moment': advance((agenda[0]?.atMs ?? endMs) + (what.control === 'step' ? 0.1 : 600)); playing = false; frame(); break;
      case 'seek': seek(what.toMs); break;
      case 'live': seek(endMs); playing = true; break;
      case 'undo': case 'reset': if (run !== undefined) control({ control: 'start', run, playing: true, speed: 10 }); break;
      default:
    }
  }

  function answer(query_: Query): unknown {
    return query_.query === 'run' ? run : [];
  }

  timer = window.setInterval(() => {
    if (run === undefined || !playing || nowMs < endMs) return;
    advance(endMs + speed * 50);
    frame();
  }, 50);

  return {
    post(message) {
      if (message.kind === 'command') command(message);
      else if (message.kind === 'control') control(message.control);
      else take({ kind: 'answer', id: message.id, answer: answer(message.query) });
    },
    listen(listener) {
      take = listener;
      queueMicrotask(() => listener({ kind: 'ready', version: 1 }));
    },
    close: () => window.clearInterval(timer),
  };
}

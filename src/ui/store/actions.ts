// What a person can do to the cluster from the picture. Each action is one command, and its line in the terminal, so that whatever a
// button does can be learnt as something to type.
import type { Command, InFlightMessage } from '../../session/protocol.ts';
import type { PodRecord } from '../../scene/records.ts';
import { loseDot } from './presentation.ts';
import { scene } from './scene-store.ts';
import { session, type Accepted } from './session-client.ts';
import { showNote, type OpenEdit } from './terminal-store.ts';
import { showProblem } from './notices.ts';
import type { EventId } from './types.ts';

async function send(command: Command, line?: string): Promise<Accepted | undefined> {
  try {
    const accepted = await session.command(command);
    // Shown after it is accepted: a command in the past forks the run, and with it the terminal.
    if (line !== undefined) showNote(line);
    return accepted;
  } catch (problem) {
    showProblem(problem instanceof Error ? problem.message : String(problem));
    return undefined;
  }
}

function addressOf(machine: string): string {
  return scene.store.getState().machines.get(machine)?.address ?? machine;
}
function quoted(name: string): string {
  return name.split('/')[0] ?? name;
}

const followedLine = /^\s*kubectl\b.*\b(apply|create|run|replace)\b/;

export function runLine(line: string, machine = 'laptop', stdin?: string): Promise<Accepted | undefined> {
  // The session follows the next apply when it was told so; what was followed before is over.
  if (followedLine.test(line)) session.control({ control: 'follow', root: 0, paced: true });
  return send({ do: 'run', machine, line, ...(stdin === undefined ? {} : { stdin }) });
}

/** What the foreground program of that shell reads. */
export function typeIn(machine: string, text: string): void {
  void send({ do: 'input', machine, text });
}
export function interrupt(machine: string): void {
  void send({ do: 'interrupt', machine });
}

/** Leaves the editor that a program opened, with the text as it is to be. */
export function leaveEditor({ machine, editor }: OpenEdit, text: string): void {
  void send({ do: 'edit', machine, editor, text });
}

/** Applies YAML as `kubectl apply -f -` does, and follows it. */
export async function applyYaml(text: string): Promise<EventId | undefined> {
  const accepted = await runLine('kubectl apply -f -', 'laptop', text);
  return accepted?.event;
}

export function power(machine: string, on: boolean): void {
  void send({ do: 'power', machine, on }, `ipmitool -H ${machine} chassis power ${on ? 'on' : 'off'}`);
}
export function kill(machine: string, process: string): void {
  void send({ do: 'kill', machine, process }, `ssh ${machine} pkill -KILL -x ${quoted(process)}`);
}
export function freeze(machine: string, process: string): void {
  void send({ do: 'freeze', machine, process }, `ssh ${machine} pkill -STOP -x ${quoted(process)}`);
}
export function thaw(machine: string, process: string): void {
  void send({ do: 'thaw', machine, process }, `ssh ${machine} pkill -CONT -x ${quoted(process)}`);
}

function cutName(a: string, b: string): string {
  return a < b ? `cut-${a}-${b}` : `cut-${b}-${a}`;
}
export function cut(a: string, b: string): void {
  void send({ do: 'fault', name: cutName(a, b), rule: { kind: 'cut', from: [a], to: [b] } }, `ssh ${a} iptables -I INPUT -s ${addressOf(b)} -j DROP`);
}
export function slow(a: string, b: string, delayMs = 500): void {
  void send({ do: 'fault', name: `slow-${a}-${b}`, rule: { kind: 'slow', from: [a], to: [b], delayMs } }, `ssh ${a} tc qdisc add dev eth0 root netem delay ${delayMs}ms  # to ${b}`);
}
export function lossy(a: string, b: string, probability = 0.3): void {
  void send({ do: 'fault', name: `lossy-${a}-${b}`, rule: { kind: 'lossy', from: [a], to: [b], probability } }, `ssh ${a} tc qdisc add dev eth0 root netem loss ${Math.round(probability * 100)}%  # to ${b}`);
}
export function isolate(machine: string): void {
  void send({ do: 'fault', name: `cut-${machine}`, rule: { kind: 'cut', from: [machine], to: ['*'] } }, `ssh ${machine} ip link set eth0 down`);
}
export function heal(name: string): void {
  void send({ do: 'heal', name }, `# heal ${name}: iptables -D ... ; tc qdisc del dev eth0 root`);
}
export function healAll(): void {
  void send({ do: 'heal-all' }, '# heal every wire: iptables -F ; tc qdisc del dev eth0 root');
}
/** Cuts all wires between the chosen side and everybody else. */
export function partition(side: readonly string[]): void {
  const others = [...scene.store.getState().machines.keys()].filter((name) => !side.includes(name));
  if (side.length === 0 || others.length === 0) return;
  void send({ do: 'fault', name: `partition-${side.join('-')}`, rule: { kind: 'cut', from: side, to: others } }, `# partition ${side.join(' ')} | ${others.join(' ')}`);
}

/** One message is lost on its way; its dot falls. */
export async function dropMessage(message: Pick<InFlightMessage, 'id' | 'from' | 'to' | 'note'>): Promise<void> {
  const accepted = await send({ do: 'message', id: message.id, action: 'drop' }, `# drop: ${message.from.machine} -> ${message.to.machine} ${message.note}`);
  if (accepted !== undefined) loseDot(message.id);
}
export async function delayMessage(message: Pick<InFlightMessage, 'id' | 'from' | 'to' | 'note'>, delayMs: number): Promise<void> {
  await send({ do: 'message', id: message.id, action: 'delay', delayMs }, `# hold ${delayMs} ms: ${message.from.machine} -> ${message.to.machine} ${message.note}`);
}
export async function loseDisk(machine: string, folder?: string): Promise<void> {
  const etcd = scene.store.getState().processesByMachine.get(machine)?.find((one) => one.program === 'etcd' && one.state === 'running');
  await send({ do: 'wipe-disk', machine, ...(folder === undefined ? {} : { folder }) }, `ssh ${machine} rm -rf ${folder ?? '/*'}`);
  // Who had files open there does not survive it.
  if (etcd !== undefined) await send({ do: 'kill', machine, process: etcd.name });
}
/** Below the folder nothing more can be written, or again everything. */
export function fillDisk(machine: string, folder: string, full: boolean): void {
  void send({ do: 'fill-disk', machine, folder, full }, full ? `ssh ${machine} dd if=/dev/zero of=${folder}/fill` : `ssh ${machine} rm ${folder}/fill`);
}
/** A bit turns in etcd's log; who has it in memory does not notice before it reads it again. */
export async function rotLog(machine: string): Promise<void> {
  const etcd = scene.store.getState().processesByMachine.get(machine)?.find((one) => one.program === 'etcd' && one.state === 'running');
  await send({ do: 'rot-file', machine, path: '/var/lib/etcd/member/wal', record: 1 }, `# a bit of the newest file in /var/lib/etcd/member/wal on ${machine} turns`);
  if (etcd !== undefined) await send({ do: 'kill', machine, process: etcd.name });
}
export function slowDisk(machine: string, ms: number): void {
  void send({ do: 'fsync', machine, ms }, `# a sync of the disk of ${machine} takes ${ms} ms`);
}
export function setClock(machine: string, aheadMs: number): void {
  void send({ do: 'skew', machine, ms: aheadMs }, `ssh ${machine} date -s '${aheadMs === 0 ? 'now' : `+${Math.round(aheadMs / 60_000)} minutes`}'`);
}

export function deletePod(pod: PodRecord): void {
  void runLine(`kubectl delete pod ${pod.name} -n ${pod.namespace} --wait=false`);
}
export function killContainer(pod: PodRecord, container: string): void {
  const processes = scene.store.getState().processesByMachine.get(pod.node) ?? [];
  const process = processes.find((one) => one.state === 'running' && (one.pod === pod.id || one.pod === pod.uid || one.name === `${container}/${pod.name}` || (one.pod !== null && one.pod.endsWith(pod.name)))
    && (one.name.startsWith(`${container}/`) || one.name === container || one.pod !== null && one.program !== 'pause'));
  if (process !== undefined) void send({ do: 'kill', machine: pod.node, process: process.name }, `ssh ${pod.node} crictl stop --timeout 0 $(crictl ps -q --name ${container})`);
}
export function cordon(node: string, on: boolean): void {
  void runLine(`kubectl ${on ? 'cordon' : 'uncordon'} ${node}`);
}
export function drain(node: string): void {
  void runLine(`kubectl drain ${node} --ignore-daemonsets --delete-emptydir-data`);
}
export function traffic(name: string, target: string, ratePerSecond: number): void {
  void send({ do: 'traffic', name, target, ratePerSecond }, ratePerSecond === 0 ? `# stop traffic ${name}` : `hey -z 1h -q ${ratePerSecond} http://${target}/`);
}

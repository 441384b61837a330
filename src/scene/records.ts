// What can be drawn: flat records by id, in tables. Folds write them from traced events only; the page reads them and nothing else.
import type { FaultRule } from '../kernel/world.ts';
import type { Family } from '../kernel/host.ts';

export interface MachineRecord {
  readonly table: 'machine';
  /** `machine:<name>` */
  readonly id: string;
  readonly name: string;
  /** What the machine is for; decides its fixed slot. */
  readonly role: 'client' | 'load-balancer' | 'master' | 'etcd' | 'worker' | 'registry' | 'traffic' | 'cloud';
  readonly address: string;
  readonly zone: string;
  readonly on: boolean;
  /** Place among machines of the same role, from 0; never changes. */
  readonly slot: number;
  readonly images: readonly { readonly name: string; readonly sizeBytes: number }[];
}

export interface ProcessRecord {
  readonly table: 'process';
  /** `process:<machine>/<name>` */
  readonly id: string;
  readonly machine: string;
  readonly name: string;
  readonly program: string;
  readonly state: 'running' | 'frozen' | 'exited' | 'absent';
  /** Started how many times. */
  readonly incarnation: number;
  readonly exitCode: number | null;
  /** Answers as it should (its own probe or first success), as far as anybody in the cluster knows. */
  readonly ready: boolean;
  /** Lease it holds, e.g. `kube-system/kube-scheduler`; '' when none. `standby` for one that waits for it. */
  readonly lease: string;
  readonly standby: boolean;
  readonly raft: RaftRecord | null;
  readonly pod: string | null;
}
export interface RaftRecord {
  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';
  readonly term: number;
  readonly leader: string;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly members: readonly string[];
}

export interface NodeRecord {
  readonly table: 'node';
  /** `node:<name>` */
  readonly id: string;
  readonly name: string;
  readonly machine: string;
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly unschedulable: boolean;
  readonly taints: readonly string[];
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly capacity: { readonly cpuMilli: number; readonly memoryBytes: number; readonly pods: number };
  readonly requested: { readonly cpuMilli: number; readonly memoryBytes: number; readonly pods: number };
  readonly used: { readonly cpuMilli: number; readonly memoryBytes: number };
}

export interface PodRecord {
  readonly table: 'pod';
  /** `pod:<uid>` */
  readonly id: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** '' while it has none. */
  readonly node: string;
  readonly ip: string;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** What `kubectl get pods` prints under STATUS. */
  readonly status: string;
  readonly mark: 'pending' | 'creating' | 'running' | 'ready' | 'failing' | 'terminating' | 'done';
  readonly readyContainers: number;
  readonly totalContainers: number;
  readonly restarts: number;
  readonly containers: readonly { readonly name: string; readonly image: string; readonly state: string; readonly reason: string }[];
  readonly owner: { readonly kind: string; readonly name: string; readonly uid: string } | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly isStatic: boolean;
  readonly createdMs: number;
}

/** Any other API object, thin: enough for lists, owner trees and relations. The whole object is asked for by Query. */
export interface ObjectRecord {
  readonly table: 'object';
  /** `object:<group>/<resource>/<namespace>/<name>` */
  readonly id: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: { readonly kind: string; readonly name: string; readonly uid: string } | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>> | null;
  /** One line in no language, e.g. `3/3`, `ClusterIP 10.96.12.4 80/TCP`. */
  readonly summary: string;
  readonly createdMs: number;
}

export interface WireRecord {
  readonly table: 'wire';
  /** `wire:<from machine>/<process>><to machine>/<process>` : all open connections between two processes together */
  readonly id: string;
  readonly from: { readonly machine: string; readonly process: string };
  readonly to: { readonly machine: string; readonly process: string };
  readonly family: Family;
  readonly count: number;
  /** Who the dialer showed itself to be (certificate or token), e.g. `system:node:w1-k8s`; '' when unknown. */
  readonly identity: string;
}

export interface FaultRecord {
  readonly table: 'fault';
  /** `fault:<name>` */
  readonly id: string;
  readonly name: string;
  readonly rule: FaultRule;
  readonly sinceMs: number;
}

export interface TrafficRecord {
  readonly table: 'traffic';
  /** `traffic:<name>` */
  readonly id: string;
  readonly name: string;
  readonly target: string;
  readonly ratePerSecond: number;
  /** One entry per virtual second of the last two minutes. */
  readonly seconds: readonly { readonly atMs: number; readonly ok: number; readonly failed: number; readonly meanMs: number }[];
}

export type SceneRecord = MachineRecord | ProcessRecord | NodeRecord | PodRecord | ObjectRecord | WireRecord | FaultRecord | TrafficRecord;

/** Reversible: applying `reverse(diff)` after `diff` gives the same scene. */
export interface SceneDiff {
  readonly added: readonly SceneRecord[];
  readonly updated: readonly (readonly [before: SceneRecord, after: SceneRecord])[];
  readonly removed: readonly SceneRecord[];
}

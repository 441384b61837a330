// Everything that is measured: its name, what it is in words, the figures it gives.
import { measureApi } from './api.ts';
import { measureChecking } from './checking.ts';
import { measureChunks } from './chunks.ts';
import { measureDoor } from './door.ts';
import { measureIdle } from './idle.ts';
import { measureKernel } from './kernel.ts';
import { measurePage } from './page.ts';
import { measureRaft } from './raft.ts';
import { measureRecovery } from './recovery.ts';
import { measureRollout } from './rollout.ts';

export interface Measurement {
  readonly name: string;
  readonly what: string;
  readonly figures: readonly string[];
  /** How often it is measured, each time in a fresh process (default once): the run whose first figure, a time, is the least disturbed counts, all are printed. */
  readonly runs?: number;
  /** Runs alone in its process, with `gc` exposed. */
  measure(): Record<string, number> | Promise<Record<string, number>>;
}

const apiFigures = ['CreatesPerSecond', 'GetsPerSecond', 'UpdatesPerSecond', 'List5000PodsMs', 'WatchEventsPerSecond'];

export const measurements: readonly Measurement[] = [
  { name: 'kernel', what: 'kernel: twenty clients and a server that echoes, best of three', figures: ['kernelEventsPerSecond'], measure: measureKernel },
  { name: 'idle', what: 'idle clusters: virtual seconds per second, best of two runs of 300', figures: ['idleHaVirtualSecondsPerSecond', 'idleDefaultVirtualSecondsPerSecond'], measure: measureIdle },
  { name: 'rollout', what: 'a Deployment of 1,000 replicas on 20 nodes, from the command to all Ready, best of three', figures: ['deployment1000ReadyMs', 'deployment1000CpuMs', 'deployment1000VirtualMs', 'heapKilobytesPerPod'], runs: 3, measure: measureRollout },
  { name: 'api', what: 'the API inside the simulation: 5,000 pods, 1,000 watchers', figures: apiFigures.map((each) => `api${each}`), measure: measureApi },
  { name: 'door', what: 'the API through the door of `npm run serve` (HTTPS, JSON)', figures: apiFigures.map((each) => `door${each}`), measure: measureDoor },
  { name: 'raft', what: 'Raft and etcd: commits of groups of 3 and 5', figures: ['raftCommitsPerSecond3', 'raftCommitsPerSecond5', 'etcdPutsPerSecond3', 'etcdPutsPerSecond5'], measure: measureRaft },
  { name: 'recovery', what: 'virtual time without writes after the death of etcd\'s leader, 1,000 seeds', figures: ['leaderRecoveryVirtualMsMedian', 'leaderRecoveryVirtualMs99', 'leaderRecoveryVirtualMsMost'], measure: measureRecovery },
  { name: 'checking', what: 'what the checkers of a simulation cost: time with them by time without', figures: ['checkingCostRatio'], measure: measureChecking },
  { name: 'chunks', what: 'size of the page: a production build', figures: ['firstChunkGzipKiB', 'workerChunkGzipKiB'], measure: measureChunks },
  { name: 'page', what: 'the page in Chromium: first node, and its longest block while 1,000 replicas roll out on 20 nodes', figures: ['firstNodeMs', 'longestMainThreadBlockMs', 'page1000ReadyMs', 'pagePaintsPerSecond'], measure: measurePage },
];

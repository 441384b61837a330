// Classic mistakes, each of which the judge must catch. They exist only for those who ask for them here: the right programs have no switch.
import type { Program } from '../../kernel/host.ts';
import * as store from './etcd-bugs.ts';
import * as plane from './control-plane-bugs.ts';

export interface PlantedBug {
  readonly name: string;
  /** What takes the place of the right programs. */
  readonly programs: readonly Program[];
  /** Flags that give the mistake room: e.g. snapshots that are taken often. */
  readonly etcdArgs?: readonly string[];
}

const oftenSnapshots = ['--snapshot-count=40', '--snapshot-catchup-entries=5'];
const withoutPreVote = ['--pre-vote=false'];
/** Whoever is cut off believes for seconds that it leads. */
const slowElections = ['--heartbeat-interval=500', '--election-timeout=5000'];

export const plantedBugs: readonly PlantedBug[] = [
  { name: 'votes-twice', programs: [store.votesTwice], etcdArgs: withoutPreVote },
  { name: 'forgets-its-vote', programs: [store.forgetsItsVote] },
  { name: 'skips-the-log-check', programs: [store.skipsTheLogCheck] },
  { name: 'reads-without-a-quorum', programs: [store.readsWithoutAQuorum], etcdArgs: slowElections },
  { name: 'commits-by-counting', programs: [store.commitsByCounting] },
  { name: 'reads-locally', programs: [store.readsLocally] },
  { name: 'applies-before-commit', programs: [store.appliesBeforeCommit] },
  { name: 'acknowledges-before-sync', programs: [store.acknowledgesBeforeSync] },
  { name: 'reuses-its-id', programs: [store.reusesItsId] },
  { name: 'cuts-its-log-at-start', programs: [store.cutsItsLogAtStart] },
  { name: 'snapshot-loses-leases', programs: [store.snapshotLosesLeases], etcdArgs: oftenSnapshots },
  { name: 'watch-skips-after-restore', programs: [store.watchesSkipAfterRestore], etcdArgs: oftenSnapshots },
  { name: 'watch-cache-skips', programs: [plane.watchCacheSkips] },
  { name: 'watch-resumes-late', programs: [plane.watchResumesLate] },
  { name: 'loses-updates', programs: [plane.losesUpdates] },
  { name: 'reads-from-the-cache', programs: [plane.readsFromTheCache] },
  { name: 'lists-without-waiting', programs: [plane.listsWithoutWaiting] },
  { name: 'leaders-never-give-up', programs: plane.leadersNeverGiveUp },
  { name: 'leases-are-stolen', programs: plane.leasesAreStolen },
  { name: 'runtime-forgets', programs: [plane.runtimeForgets] },
];

// How a cluster of etcd members stands, from what each of them shows: who is in touch with the leader, and how many may still fail.
import type { ProcessRecord } from '../../../scene/records.ts';

export interface MemberState {
  readonly machine: string;
  /** undefined: nothing is known of it but that it belongs. */
  readonly process: ProcessRecord | undefined;
  readonly on: boolean;
  readonly running: boolean;
  readonly isVoter: boolean;
  /** Runs, and takes the present leader for the leader. */
  readonly inTouch: boolean;
}

export interface Quorum {
  readonly members: readonly MemberState[];
  /** '' when nobody leads, or who leads has no majority behind it. */
  readonly leader: string;
  readonly term: number;
  readonly voters: number;
  readonly needed: number;
  readonly inTouch: number;
  /** More that may fail before writes are refused; negative: already refused. */
  readonly spare: number;
}

/** `membership`: who belongs, by name, as a member told it; left out, whoever has shown itself. */
export function rankQuorum(processes: Iterable<ProcessRecord>, isOn: (machine: string) => boolean, membership?: readonly { readonly name: string; readonly isLearner: boolean }[]): Quorum {
  const etcds = [...processes].filter((process) => process.program === 'etcd' && process.raft !== null).sort((a, b) => (a.machine < b.machine ? -1 : 1));
  const alive = (process: ProcessRecord): boolean => process.state === 'running' && isOn(process.machine);
  // An old leader that is cut off may believe in itself for a while: the newer term is right.
  const leading = etcds.filter((process) => alive(process) && process.raft?.role === 'leader').sort((a, b) => (b.raft?.term ?? 0) - (a.raft?.term ?? 0))[0];
  const term = Math.max(0, ...etcds.map((process) => process.raft?.term ?? 0));
  const follows = (process: ProcessRecord): boolean => leading !== undefined && alive(process) && (process === leading || (process.raft?.leader === leading.machine && process.raft.term === leading.raft?.term));
  const belonging = membership ?? etcds.map((process) => ({ name: process.machine, isLearner: process.raft?.role === 'learner' }));
  const members = belonging.map(({ name, isLearner }): MemberState => {
    const process = etcds.find((each) => each.machine === name);
    return { machine: name, process, on: isOn(name), running: process !== undefined && alive(process), isVoter: !isLearner, inTouch: process !== undefined && follows(process) };
  });
  members.sort((a, b) => (a.machine < b.machine ? -1 : 1));
  const voters = Math.max(members.filter((each) => each.isVoter).length, 1);
  const needed = Math.floor(voters / 2) + 1;
  const inTouch = members.filter((each) => each.isVoter && each.inTouch).length;
  const spare = inTouch - needed;
  return { members, leader: leading !== undefined && spare >= 0 ? leading.machine : '', term, voters, needed, inTouch, spare };
}

// The members: a meter of the majority, and each one's role, term and log. Logs stand under each other by index, so that a gap is a gap.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Flag } from 'lucide-react';
import type { ProcessRecord, RaftRecord } from '../../../scene/records.ts';
import { useAnswer } from '../inspector/ask.ts';
import { useRun } from '../../store/run-store.ts';
import { useScene } from '../../store/scene-store.ts';
import { select } from '../../store/view-store.ts';
import { rankQuorum, type MemberState, type Quorum } from './quorum.ts';
import css from './etcd.module.css';

const shownCells = 12;
const noRaft: RaftRecord = { role: 'follower', term: 0, leader: '', lastIndex: 0, commitIndex: 0, members: [] };

export function Members() {
  const { t } = useTranslation('etcd');
  const processes = useScene((scene) => scene.processes);
  const machines = useScene((scene) => scene.machines);
  const isOn = (machine: string): boolean => machines.get(machine)?.on === true;
  const membership = useMembership([...processes.values()].find((process) => process.program === 'etcd' && process.state === 'running' && isOn(process.machine)));
  const quorum = rankQuorum(processes.values(), isOn, membership);
  if (quorum.members.length === 0) return <p className={css.soft}>{t('none')}</p>;
  const last = Math.max(...quorum.members.map((each) => each.process?.raft?.lastIndex ?? 0));
  return (
    <>
      <MajorityMeter quorum={quorum} />
      <ul className={css.members}>{quorum.members.map((member) => <Member key={member.machine} member={member} leads={member.machine === quorum.leader} last={last} />)}</ul>
      <p className={css.soft}>{t('cells')}</p>
    </>
  );
}

interface Membership {
  readonly members?: readonly { readonly name: string; readonly id: string; readonly isLearner: boolean }[];
}

/** Who belongs to the cluster, as a running member knows it; while none runs, as the last one knew it. */
function useMembership(process: ProcessRecord | undefined): readonly { readonly name: string; readonly isLearner: boolean }[] | undefined {
  const view = useAnswer<Membership>(process === undefined ? undefined : { query: 'view', machine: process.machine, process: process.name, view: 'raft' });
  const [last, setLast] = useState<Membership['members']>();
  const now = view?.members?.every((each) => each.name !== '') === true && view.members.length > 0 ? view.members : undefined;
  // As React has it for what follows from a render: set while rendering, once per change.
  if (now !== undefined && now !== last) setLast(now);
  return now ?? last;
}

function MajorityMeter({ quorum }: { readonly quorum: Quorum }) {
  const { t } = useTranslation('etcd');
  const { members, needed, inTouch, voters, spare, leader, term } = quorum;
  const text = spare < 0 ? t('meter.lost', { count: inTouch, voters, needed }) : spare === 0 ? t('meter.last', { count: inTouch, voters, needed }) : t('meter.safe', { count: inTouch, voters, needed, spare });
  return (
    <section className={css.meter} data-majority={spare < 0 ? 'lost' : spare === 0 ? 'last' : 'safe'} aria-label={t('meter.label')}>
      <div className={css.pips} aria-hidden="true">
        {members.filter((each) => each.isVoter).map((each, at) => <i key={each.machine} data-on={each.inTouch} data-quorum={at + 1 === needed} />)}
      </div>
      <p><strong>{leader === '' ? t('meter.noLeader', { term }) : t('meter.leader', { leader, term })}</strong> {text}</p>
    </section>
  );
}

interface RaftView {
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly log?: readonly { readonly index: number; readonly term: number; readonly type: string; readonly key?: string; readonly committed: boolean }[];
}

function Member({ member, leads, last }: { readonly member: MemberState; readonly leads: boolean; readonly last: number }) {
  const { t } = useTranslation('etcd');
  const { t: ui } = useTranslation();
  const { process, running, on, machine } = member;
  const past = useRun((run) => run.past);
  // A member is asked as it is now: of the past only what was traced is known.
  const view = useAnswer<RaftView>(running && process !== undefined && !past ? { query: 'view', machine: process.machine, process: process.name, view: 'raft' } : undefined);
  const raft = process?.raft ?? noRaft;
  // The member itself knows of a commit before the first event tells of it.
  const commitIndex = Math.max(raft.commitIndex, view?.commitIndex ?? 0);
  const state = !on ? ui('machine.off') : process?.state === 'frozen' ? ui('state.frozen') : !running ? ui('state.absent') : ui(`raft.${raft.role}`);
  const cells = new Map((view?.log ?? []).map((cell) => [cell.index, cell]));
  const first = Math.max(1, last - shownCells + 1);
  return (
    <li className={css.member} data-leads={leads} data-member={machine} data-role={running ? raft.role : 'away'}>
      <button type="button" onClick={() => select(process?.id ?? `machine:${machine}`)}>
        <strong>{machine}</strong>
        <span data-leads={leads}>{leads && <Flag size={11} aria-hidden="true" />}{state}</span>
        {running && <small>{t('term', { term: raft.term })} · {t('commit', { commit: commitIndex })} · {t('applied', { applied: view?.appliedIndex ?? '–' })}</small>}
      </button>
      <div className={css.cells} role="img" aria-label={t('log', { last: raft.lastIndex, commit: commitIndex })}>
        {Array.from({ length: last - first + 1 }, (_, at) => {
          const index = first + at;
          const cell = cells.get(index);
          const has = index <= raft.lastIndex;
          return <i key={index} data-state={!has || !running ? 'none' : index <= commitIndex ? 'committed' : 'written'} title={cell === undefined ? String(index) : `${index}, ${ui('raft.term', { term: cell.term })}: ${cell.key ?? cell.type}`}>{has && running ? (cell?.term ?? '') : ''}</i>;
        })}
      </div>
    </li>
  );
}

// The readable views of a thing: its YAML, events, logs, the chain of causes, Raft's log, the rules of a proxy.
import { useTranslation } from 'react-i18next';
import { stringify } from 'yaml';
import type { WhyStep } from '../../../session/protocol.ts';
import { clock } from '../../i18n/format.ts';
import { useSay } from '../../i18n/say.ts';
import { session } from '../../store/session-client.ts';
import { useAnswer } from './ask.ts';
import css from './inspector.module.css';

function Nothing() {
  const { t } = useTranslation('panels');
  return <p className={css.soft}>{t('inspector.nothing')}</p>;
}

interface ObjectProps {
  readonly apiVersion: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

export function ObjectYaml({ apiVersion, resource, namespace, name }: ObjectProps) {
  const object = useAnswer<{ readonly metadata?: { readonly managedFields?: unknown } } | undefined>({ query: 'object', apiVersion, resource, namespace, name });
  if (object === undefined || object === null) return <Nothing />;
  const { managedFields: _left, ...metadata } = object.metadata ?? {};
  return <pre className={css.code} tabIndex={0}>{stringify({ ...object, metadata }, { version: '1.1' })}</pre>;
}

interface EventObject {
  readonly metadata?: { readonly name: string };
  readonly reason?: string;
  readonly note?: string;
  readonly message?: string;
  readonly type?: string;
  readonly count?: number;
  readonly deprecatedCount?: number;
  readonly series?: { readonly count?: number };
  readonly regarding?: EventTarget;
  readonly involvedObject?: EventTarget;
  readonly reportingController?: string;
  readonly source?: { readonly component?: string };
}
interface EventTarget {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Kubernetes' own Events about an object, as the API server keeps them. */
export function Events({ kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string }) {
  const answer = useAnswer<{ readonly keys: readonly { readonly key: string; readonly value: unknown; readonly revision?: number }[] }>({ query: 'etcd-keys', prefix: `/registry/events/${namespace === '' ? 'default' : namespace}/`, limit: 1000 });
  const events = (answer?.keys ?? [])
    .map((each) => each.value as EventObject)
    .filter((event) => {
      const target = event.regarding ?? event.involvedObject;
      return target?.kind === kind && target.name === name;
    });
  if (events.length === 0) return <Nothing />;
  return (
    <ul className={css.list}>
      {events.slice(-60).map((event) => (
        <li key={event.metadata?.name} data-type={event.type}>
          <strong>{event.reason}</strong> {event.note ?? event.message}
          <small>
            {event.reportingController !== undefined && event.reportingController !== '' ? event.reportingController : event.source?.component}
            {count(event) > 1 ? ` ×${count(event)}` : ''}
          </small>
        </li>
      ))}
    </ul>
  );
}
function count(event: EventObject): number {
  return event.series?.count ?? event.count ?? event.deprecatedCount ?? 1;
}

export function Logs({ machine, process }: { readonly machine: string; readonly process: string }) {
  const lines = useAnswer<readonly (string | { readonly text?: string; readonly stream?: string })[]>({ query: 'logs', machine, process, tail: 200 });
  if (lines === undefined || !Array.isArray(lines) || lines.length === 0) return <Nothing />;
  return <pre className={css.code} tabIndex={0}>{lines.map((line) => (typeof line === 'string' ? line : (line.text ?? ''))).map((line) => (line.endsWith('\n') ? line : `${line}\n`)).join('')}</pre>;
}

/** From now back to what a person did; each step can be gone to. */
export function Why({ of }: { readonly of: string }) {
  const { t } = useTranslation('panels');
  const say = useSay();
  const steps = useAnswer<readonly WhyStep[]>({ query: 'why', of });
  if (steps === undefined || steps.length === 0) return <Nothing />;
  return (
    <ol className={css.why} data-why>
      {steps.map((step) => (
        <li key={step.event}>
          <button type="button" onClick={() => session.control({ control: 'seek', toMs: step.atMs })} title={t('inspector.goto')}>
            <time>{clock(step.atMs)}</time>
            <span>{say(step.sentence)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface RaftView {
  readonly term: number;
  readonly role: string;
  readonly leader: string;
  readonly commitIndex: number;
  readonly members?: readonly { readonly name: string; readonly match?: number; readonly connected: boolean; readonly isLearner?: boolean }[];
  readonly log?: readonly { readonly index: number; readonly term: number; readonly type: string; readonly key?: string; readonly committed: boolean }[];
}

export function RaftLog({ machine, process }: { readonly machine: string; readonly process: string }) {
  const { t } = useTranslation('panels');
  const raft = useAnswer<RaftView>({ query: 'view', machine, process, view: 'raft' });
  if (raft === undefined || raft === null) return <Nothing />;
  return (
    <>
      <ul className={css.list}>
        {raft.members?.map((member) => (
          <li key={member.name}>
            <strong>{member.name}</strong> {member.name === raft.leader ? t('inspector.leader') : ''} {member.match === undefined ? '' : t('inspector.has', { index: member.match })}
            {!member.connected && member.name !== machine && <small>{t('inspector.disconnected')}</small>}
          </li>
        ))}
      </ul>
      <ol className={css.log}>
        {[...(raft.log ?? [])].reverse().map((cell) => (
          <li key={cell.index} data-committed={cell.committed}>
            <span>{cell.index}</span>
            <span>{t('inspector.term', { term: cell.term })}</span>
            <code>{cell.key ?? cell.type}</code>
          </li>
        ))}
      </ol>
    </>
  );
}

export function Rules({ machine, process }: { readonly machine: string; readonly process: string }) {
  const rules = useAnswer<{ readonly mode: string; readonly text: string }>({ query: 'view', machine, process, view: 'rules' });
  if (rules === undefined || rules === null) return <Nothing />;
  return <pre className={css.code} tabIndex={0}>{rules.text}</pre>;
}

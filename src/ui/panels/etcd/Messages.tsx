// Raft's messages one by one: the run stops as the next one leaves; it can be read, held or dropped before it arrives.
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { InFlightMessage } from '../../../session/protocol.ts';
import { Button } from '../../design/Button.tsx';
import { clock } from '../../i18n/format.ts';
import { delayMessage, dropMessage } from '../../store/actions.ts';
import { useRun } from '../../store/run-store.ts';
import { session } from '../../store/session-client.ts';
import css from './etcd.module.css';

const holdMs = 2000;

export function Messages() {
  const { t } = useTranslation('etcd');
  const playing = useRun((run) => run.playing);
  const nowMs = useRun((run) => (run.playing ? 0 : run.nowMs));
  const past = useRun((run) => run.past);
  const [messages, setMessages] = useState<readonly InFlightMessage[]>([]);
  const look = useCallback(() => void session.query<readonly InFlightMessage[]>({ query: 'in-flight', family: 'raft' }).then((found) => setMessages(found ?? [])), []);
  useEffect(() => {
    if (!playing) look();
  }, [playing, nowMs, look]);
  const next = () => session.control({ control: 'next-message', family: 'raft' });
  const doTo = (work: Promise<unknown>) => void work.then(look);
  return (
    <>
      <p className={css.soft}>{t('messages.about')}</p>
      <div className={css.row}>
        <Button kind="primary" onClick={next}>{t('messages.next')}</Button>
        {!playing && messages.length > 0 && <Button onClick={() => doTo(dropAll(messages))}>{t('messages.dropAll')}</Button>}
      </div>
      {playing || past ? <p className={css.soft}>{t(past ? 'messages.past' : 'messages.playing')}</p> : (
        <ul className={css.messages} aria-label={t('messages.label')}>
          {messages.map((message) => <Message key={message.id} message={message} nowMs={nowMs} drop={() => doTo(dropMessage(message))} hold={() => doTo(delayMessage(message, holdMs))} />)}
          {messages.length === 0 && <li className={css.soft}>{t('messages.none')}</li>}
        </ul>
      )}
    </>
  );
}

async function dropAll(messages: readonly InFlightMessage[]): Promise<void> {
  for (const message of messages) await dropMessage(message);
}

function Message({ message, nowMs, drop, hold }: { readonly message: InFlightMessage; readonly nowMs: number; readonly drop: () => void; readonly hold: () => void }) {
  const { t } = useTranslation('etcd');
  const [body, setBody] = useState<string>();
  const read = () => (body === undefined ? void session.query<{ readonly body?: unknown } | undefined>({ query: 'message', id: message.id }).then((answer) => setBody(JSON.stringify(answer?.body ?? null, undefined, 2).slice(0, 4000))) : setBody(undefined));
  return (
    <li data-message={message.id}>
      <strong>{message.note}</strong>
      <span>{message.from.machine} → {message.to.machine}</span>
      <small title={clock(message.arriveMs)}>{t('messages.arrives', { ms: Math.max(0, Math.round((message.arriveMs - nowMs) * 100) / 100) })}</small>
      <div className={css.row}>
        <button type="button" aria-expanded={body !== undefined} onClick={read}>{t('messages.read')}</button>
        <button type="button" onClick={hold}>{t('messages.hold', { seconds: holdMs / 1000 })}</button>
        <button type="button" data-danger="true" onClick={drop}>{t('messages.drop')}</button>
      </div>
      {body !== undefined && <pre tabIndex={0}>{body}</pre>}
    </li>
  );
}

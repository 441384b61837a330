// Every key below /registry at every revision, and what changed from one revision of a key to the next.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { diffLines } from 'diff';
import { stringify } from 'yaml';
import { clock } from '../../i18n/format.ts';
import { session } from '../../store/session-client.ts';
import { EtcdKeys } from '../inspector/EtcdKeys.tsx';
import { useAnswer } from '../inspector/ask.ts';
import css from './etcd.module.css';

interface Version {
  readonly revision: number;
  readonly atMs: number;
  readonly value: unknown;
}

export function KeyExplorer() {
  const { t } = useTranslation('etcd');
  const [key, setKey] = useState<string>();
  if (key === undefined) return <><p className={css.soft}>{t('keys.about')}</p><EtcdKeys onOpen={setKey} /></>;
  return (
    <>
      <button type="button" className={css.back} onClick={() => setKey(undefined)}>‹ {t('keys.all')}</button>
      <KeyHistory name={key} />
    </>
  );
}

function KeyHistory({ name }: { readonly name: string }) {
  const { t } = useTranslation('etcd');
  const versions = useAnswer<readonly Version[]>({ query: 'key-history', key: name }) ?? [];
  const [chosen, setChosen] = useState<number>();
  const at = chosen === undefined ? versions.length - 1 : versions.findIndex((each) => each.revision === chosen);
  const version = versions[at];
  const before = versions[at - 1];
  return (
    <>
      <h3 className={css.key}>{name}</h3>
      <ol className={css.versions} aria-label={t('keys.history')}>
        {versions.slice(-60).reverse().map((each) => (
          <li key={each.revision}><button type="button" aria-pressed={each === version} onClick={() => setChosen(each.revision)} onDoubleClick={() => session.control({ control: 'seek', toMs: each.atMs })}>{t('keys.revision', { revision: each.revision })}<small>{clock(each.atMs)}{each.value === null ? ` · ${t('keys.deleted')}` : ''}</small></button></li>
        ))}
      </ol>
      {version !== undefined && <Difference before={before} after={version} />}
    </>
  );
}

const text = (version: Version | undefined): string => (version === undefined || version.value === null ? '' : stringify(version.value, { version: '1.1' }));

function Difference({ before, after }: { readonly before: Version | undefined; readonly after: Version }) {
  const { t } = useTranslation('etcd');
  const parts = diffLines(text(before), text(after));
  return (
    <div className={css.diff} role="group" aria-label={before === undefined ? t('keys.created', { revision: after.revision }) : t('keys.between', { from: before.revision, to: after.revision })}>
      {parts.map((part, n) => <pre key={n} data-change={part.added ? 'added' : part.removed ? 'removed' : 'same'}>{folded(part.value, part.added || part.removed, n === 0, n === parts.length - 1)}</pre>)}
    </div>
  );
}

const context = 2;

/** Of what did not change only the lines next to a change are shown. */
function folded(value: string, changed: boolean, first: boolean, last: boolean): string {
  const lines = value.split('\n').filter((line, n, all) => n < all.length - 1 || line !== '');
  if (changed || lines.length <= 2 * context + 1) return lines.join('\n');
  const head = first ? [] : lines.slice(0, context);
  const tail = last ? [] : lines.slice(-context);
  return [...head, `⋯ ${lines.length - head.length - tail.length}`, ...tail].join('\n');
}

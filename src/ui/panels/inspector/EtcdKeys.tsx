// The keys below /registry, as they are or as they were at any revision.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { stringify } from 'yaml';
import { useAnswer } from './ask.ts';
import css from './inspector.module.css';

interface KeyAt {
  readonly key: string;
  readonly value: unknown;
  readonly modRevision?: number;
  readonly revision?: number;
  readonly version: number;
}

/** `onOpen`: keys open elsewhere, by name. */
export function EtcdKeys({ onOpen }: { readonly onOpen?: (key: string) => void }) {
  const { t } = useTranslation('panels');
  const [prefix, setPrefix] = useState('/registry/');
  const [revision, setRevision] = useState<number>();
  const [open, setOpen] = useState<string>();
  const answer = useAnswer<{ readonly revision: number; readonly keys: readonly KeyAt[] }>({ query: 'etcd-keys', prefix, limit: 400, ...(revision === undefined ? {} : { revision }) });
  const last = answer?.revision ?? 0;
  const folders = new Map<string, number>();
  const keys = (answer?.keys ?? []).filter(({ key }) => {
    const rest = key.slice(prefix.length);
    const slash = rest.indexOf('/');
    if (slash < 0) return true;
    const folder = prefix + rest.slice(0, slash + 1);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
    return false;
  });
  const up = prefix === '/registry/' ? undefined : prefix.slice(0, prefix.lastIndexOf('/', prefix.length - 2) + 1);
  return (
    <div data-etcd-keys>
      <label className={css.revision}>
        <span>{t('inspector.revision', { revision: revision ?? last })}</span>
        <input type="range" min={1} max={Math.max(1, last)} value={revision ?? last} onChange={(event) => setRevision(Number(event.target.value) >= last ? undefined : Number(event.target.value))} />
      </label>
      <ul className={css.keys}>
        {up !== undefined && <li><button type="button" onClick={() => setPrefix(up)}>‹ {up}</button></li>}
        {[...folders].map(([folder, count]) => <li key={folder}><button type="button" onClick={() => setPrefix(folder)}>{folder} <small>{count}</small></button></li>)}
        {keys.map((each) => (
          <li key={each.key}>
            <button type="button" aria-expanded={open === each.key} onClick={() => (onOpen === undefined ? setOpen(open === each.key ? undefined : each.key) : onOpen(each.key))}>{each.key} <small>{t('inspector.version', { version: each.version, revision: each.modRevision ?? each.revision ?? 0 })}</small></button>
            {open === each.key && <pre className={css.code} tabIndex={0}>{stringify(each.value, { version: '1.1' })}</pre>}
          </li>
        ))}
      </ul>
    </div>
  );
}

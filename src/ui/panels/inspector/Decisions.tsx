// Why there: what the scheduler thought of every node, the last time it looked at a pod.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useScene } from '../../store/scene-store.ts';
import { useAnswer } from './ask.ts';
import css from './inspector.module.css';

interface Decision {
  readonly atMs: number;
  readonly pod: string;
  readonly node: string;
  readonly filters: Readonly<Record<string, { readonly plugin: string; readonly reasons: readonly string[] }>>;
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly totals: Readonly<Record<string, number>>;
  readonly message: string;
}

/** Of one pod, or of any of the latest. */
export function Decisions({ pod }: { readonly pod?: string }) {
  const { t } = useTranslation('panels');
  const holder = useScene((scene) => [...scene.processes.values()].find((process) => process.program === 'kube-scheduler' && process.state === 'running' && process.lease !== '')?.machine ?? [...scene.processes.values()].find((process) => process.program === 'kube-scheduler')?.machine ?? '');
  const all = useAnswer<readonly Decision[]>({ query: 'view', machine: holder, process: 'kube-scheduler', view: 'decisions' });
  const [chosen, setChosen] = useState<string>();
  const list = Array.isArray(all) ? (all as readonly Decision[]) : [];
  const pods = [...new Set(list.map((each) => each.pod))].reverse();
  const wanted = pod ?? chosen ?? pods[0];
  const decision = list.findLast((each) => each.pod === wanted);
  if (decision === undefined) return <p className={css.soft}>{t('inspector.noDecision')}</p>;
  const nodes = [...new Set([...Object.keys(decision.totals), ...Object.keys(decision.filters), ...(decision.node === '' ? [] : [decision.node])])].sort();
  const plugins = Object.keys(decision.scores);
  return (
    <>
      {pod === undefined && (
        <select className={css.select} aria-label={t('inspector.pod')} value={wanted} onChange={(event) => setChosen(event.target.value)}>
          {pods.map((each) => <option key={each}>{each}</option>)}
        </select>
      )}
      {decision.message !== '' && <p>{decision.message}</p>}
      <div className={css.wide} tabIndex={0} role="group" aria-label={t('inspector.tab.decisions')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('inspector.plugin')}</th>
              {nodes.map((node) => <th key={node} scope="col" data-chosen={node === decision.node}>{node}{node === decision.node ? ' ✓' : ''}</th>)}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t('inspector.filters')}</th>
              {nodes.map((node) => <td key={node}>{decision.filters[node] === undefined ? t('inspector.fits') : `${decision.filters[node].plugin}: ${decision.filters[node].reasons.join(', ')}`}</td>)}
            </tr>
            {plugins.map((plugin) => (
              <tr key={plugin}>
                <th scope="row">{plugin}</th>
                {nodes.map((node) => <td key={node}>{decision.scores[plugin]?.[node] ?? ''}</td>)}
              </tr>
            ))}
            {plugins.length > 0 && (
              <tr>
                <th scope="row">{t('inspector.total')}</th>
                {nodes.map((node) => <td key={node}><strong>{decision.totals[node] ?? ''}</strong></td>)}
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </>
  );
}

// The states that are not the cluster: before it is drawn, while it comes up, and when the simulation broke.
import { useTranslation } from 'react-i18next';
import { Button } from '../design/Button.tsx';
import { isUp, startPreset } from '../store/boot.ts';
import { useRun } from '../store/run-store.ts';
import { useScene } from '../store/scene-store.ts';
import css from './layout.module.css';

export function StatusCard() {
  const { t } = useTranslation();
  const phase = useRun((run) => run.phase);
  const crash = useRun((run) => run.crash);
  const preset = useRun((run) => run.run?.preset ?? 'default');
  if (phase === 'crashed') {
    return (
      <div className={css.card} role="alert">
        <strong>{t('phase.crashed')}</strong>
        <p>{t('phase.crashedText')}</p>
        <pre>seed {crash?.seed}{'\n'}{crash?.message}</pre>
        <Button kind="primary" onClick={() => startPreset(preset)}>{t('phase.again')}</Button>
      </div>
    );
  }
  if (phase === 'unsupported') return <div className={css.card} role="alert">{t('phase.unsupported')}</div>;
  if (phase === 'starting') return <div className={css.waiting} role="status">{t('phase.starting')}</div>;
  if (phase === 'booting') return <Booting />;
  return null;
}

/** How far the cluster has come: nodes that are Ready, and system pods. */
function Booting() {
  const { t } = useTranslation();
  const text = useScene((scene) => {
    if (isUp(scene)) return '';
    let ready = 0;
    for (const node of scene.nodes.values()) if (node.ready === 'True') ready += 1;
    let machines = 0;
    for (const machine of scene.machines.values()) if (machine.role === 'master' || machine.role === 'worker') machines += 1;
    let pods = 0;
    let up = 0;
    for (const pod of scene.pods.values()) {
      if (pod.namespace !== 'kube-system') continue;
      pods += 1;
      if (pod.mark === 'ready') up += 1;
    }
    return `${ready}/${machines} Node · ${up}/${pods} Pod`;
  });
  return <div className={css.waiting} role="status">{t('phase.booting')} <span className={css.progress}>{text}</span></div>;
}

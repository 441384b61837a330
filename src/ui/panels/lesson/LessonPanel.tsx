// The slot for a lesson; without one the reader plays freely.
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { applyExample } from '../editor/examples.ts';
import { showPanel } from '../../layout/show-panel.ts';
import css from '../flow/flow.module.css';

export function LessonPanel() {
  const { t } = useTranslation();
  return (
    <div className={css.empty}>
      <p>{t('lesson.free')}</p>
      <Button kind="primary" onClick={() => { void applyExample('nginx'); showPanel('flow'); }}>{t('flow.try')}</Button>
    </div>
  );
}

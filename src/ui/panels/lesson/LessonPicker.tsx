// In the header: which lesson is being taken, and a way to the shelf.
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { showPanel } from '../../layout/show-panel.ts';
import { useSettings } from '../../store/settings.ts';
import { useLesson } from './lesson-store.ts';

export function LessonPicker() {
  const { t } = useTranslation('panels');
  const language = useSettings((settings) => settings.language);
  const lesson = useLesson((state) => state.lesson);
  const title = lesson?.prose[language]?.title ?? lesson?.prose['en']?.title;
  return <Button onClick={() => showPanel('lesson')} data-lessons>{title ?? t('lesson.shelf')}</Button>;
}

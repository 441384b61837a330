// A question of a lesson: choose one answer, or put them in order with buttons (which work by touch and keyboard alike).
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Ask } from '../../../lesson/lesson.ts';
import { Button } from '../../design/Button.tsx';
import { answer } from './lesson-store.ts';
import css from './lesson.module.css';

interface AskProps {
  readonly ask: Ask;
  readonly texts: Readonly<Record<string, string>>;
  readonly answered: readonly string[] | undefined;
  readonly right: boolean | undefined;
}

export function AskBox({ ask, texts, answered, right }: AskProps) {
  return ask.kind === 'choose' ? <Choose ask={ask} texts={texts} answered={answered} right={right} /> : <Order ask={ask} texts={texts} answered={answered} right={right} />;
}

function Choose({ ask, texts, answered }: AskProps) {
  return (
    <ul className={css.options}>
      {ask.options.map((option) => (
        <li key={option}>
          <button type="button" aria-pressed={answered?.[0] === option} onClick={() => answer([option])} data-option={option}>
            {texts[option]}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Order({ ask, texts, answered, right }: AskProps) {
  const { t } = useTranslation('panels');
  const [list, setList] = useState<readonly string[]>(ask.options);
  const move = (index: number, by: number) => {
    const next = [...list];
    const [taken] = next.splice(index, 1);
    next.splice(index + by, 0, taken as string);
    setList(next);
  };
  return (
    <div>
      <ol className={css.order}>
        {list.map((option, index) => (
          <li key={option} data-option={option} data-right={answered === undefined ? undefined : ask.answer[index] === option}>
            <span className={css.number}>{index + 1}</span>
            <span className={css.card}>{texts[option]}</span>
            <button type="button" aria-label={t('lesson.earlier', { card: texts[option] })} disabled={index === 0} onClick={() => move(index, -1)}>▲</button>
            <button type="button" aria-label={t('lesson.later', { card: texts[option] })} disabled={index === list.length - 1} onClick={() => move(index, 1)}>▼</button>
          </li>
        ))}
      </ol>
      <div className={css.buttons}>
        <Button onClick={() => answer(list)} data-check-order>{t('lesson.checkOrder')}</Button>
      </div>
      {answered !== undefined && <p role="status" className={right === true ? css.good : css.almost}>{t(right === true ? 'lesson.orderRight' : 'lesson.orderWrong')}</p>}
    </div>
  );
}

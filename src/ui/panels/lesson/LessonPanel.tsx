// A lesson: one idea a screen, questions before answers, goals that tick by themselves. Without one: the shelf of lessons, and free play.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Block, Inline, Lesson, LessonProse } from '../../../lesson/lesson.ts';
import type { CheckState } from '../../../lesson/judge.ts';
import { Button } from '../../design/Button.tsx';
import { useSettings } from '../../store/settings.ts';
import { runLine } from '../../store/actions.ts';
import { showPanel } from '../../layout/show-panel.ts';
import { applyExample } from '../editor/examples.ts';
import { AskBox } from './AskBox.tsx';
import { currentJudge, leaveLesson, loadLibrary, nextStep, showMe, startLesson, useLesson } from './lesson-store.ts';
import css from './lesson.module.css';

export function LessonPanel() {
  const phase = useLesson((state) => state.phase);
  useEffect(() => void loadLibrary(), []);
  return <div className={css.panel}>{phase === 'list' ? <Shelf /> : phase === 'finished' ? <Finished /> : <Running />}</div>;
}

function useProse(lesson: Lesson | undefined): LessonProse | undefined {
  const language = useSettings((settings) => settings.language);
  return lesson?.prose[language] ?? lesson?.prose['en'];
}

function Shelf() {
  const { t } = useTranslation('panels');
  const language = useSettings((settings) => settings.language);
  const library = useLesson((state) => state.library);
  const done = useLesson((state) => state.done);
  return (
    <>
      <p className={css.lead}>{t('lesson.free')}</p>
      <div>
        <Button onClick={() => { void applyExample('nginx'); showPanel('flow'); }}>{t('lesson.try')}</Button>
      </div>
      {library?.stages.map((stage) => (
        <section key={stage.id}>
          <h2>{stage.title[language] ?? stage.id}</h2>
          <ul className={css.shelf}>
            {stage.lessons.map((id) => {
              const lesson = library.lessons[id];
              const prose = lesson?.prose[language] ?? lesson?.prose['en'];
              if (lesson === undefined || prose === undefined) return null;
              return (
                <li key={id}>
                  <button type="button" onClick={() => void startLesson(id)} data-lesson={id}>
                    <span className={css.tick} aria-hidden="true">{done.includes(id) ? '✓' : ''}</span>
                    <span>
                      <strong>{prose.title}</strong>
                      <small>
                        {t('lesson.minutes', { count: lesson.minutes })}
                        {done.includes(id) ? ` · ${t('lesson.done')}` : ''}
                      </small>
                    </span>
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </>
  );
}

function Running() {
  const { t } = useTranslation('panels');
  const lesson = useLesson((state) => state.lesson);
  const phase = useLesson((state) => state.phase);
  const step = useLesson((state) => state.step);
  const index = useLesson((state) => state.stepIndex);
  const hints = useLesson((state) => state.hintsShown);
  const prose = useProse(lesson);
  if (lesson === undefined || prose === undefined) return null;
  const section = step === undefined ? undefined : prose.steps[step.step.id];
  return (
    <>
      <header className={css.head}>
        <button type="button" className={css.back} onClick={leaveLesson}>‹ {t('lesson.all')}</button>
        <h2>{prose.title}</h2>
        <p className={css.progress}>{t('lesson.step', { step: index + 1, count: lesson.steps.length })}</p>
      </header>
      {(phase === 'preparing' || index === 0) && <Prose blocks={prose.intro} />}
      {phase === 'preparing' && <p role="status" className={css.preparing}>{t('lesson.preparing')}</p>}
      {step !== undefined && section !== undefined && (
        <>
          <Prose blocks={section.blocks} />
          {step.step.ask !== undefined && <AskBox key={step.step.id} ask={step.step.ask} texts={section.texts} answered={step.answered} right={step.answeredRight} />}
          {step.step.ask === undefined && <Goals checks={step.checks} texts={section.texts} />}
          {step.step.hints.slice(0, hints).map((hint) => <p key={hint.id} className={css.hint}>{section.texts[hint.id]}</p>)}
          <div className={css.buttons}>
            <Button kind="primary" disabled={!step.done} onClick={nextStep} data-next>{t(index + 1 === lesson.steps.length ? 'lesson.finish' : 'lesson.next')}</Button>
            {!step.done && step.step.ask === undefined && <Button onClick={showMe} data-show-me>{t('lesson.showMe')}</Button>}
          </div>
        </>
      )}
    </>
  );
}

function Goals({ checks, texts }: { readonly checks: readonly CheckState[]; readonly texts: Readonly<Record<string, string>> }) {
  const { t } = useTranslation('panels');
  return (
    <ul className={css.goals} aria-live="polite">
      {checks.map((check) => (
        <li key={check.id} data-state={check.state} data-check={check.id}>
          <span className={css.mark} aria-hidden="true">{check.state === 'green' ? '✓' : check.state === 'amber' ? '◐' : '○'}</span>
          <span>
            {texts[check.id]}
            <span className="visually-hidden"> {t(`lesson.state.${check.state}`)}</span>
            {check.state !== 'green' && check.now !== '' && <small>{check.now}</small>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Finished() {
  const { t } = useTranslation('panels');
  const lesson = useLesson((state) => state.lesson);
  const library = useLesson((state) => state.library);
  const prose = useProse(lesson);
  const next = useProse(library?.lessons[lesson?.goto ?? '']);
  if (lesson === undefined || prose === undefined) return null;
  const judge = currentJudge();
  const asked = lesson.steps.filter((step) => step.ask !== undefined);
  return (
    <>
      <h2>{t('lesson.finished', { title: prose.title })}</h2>
      <ul className={css.guesses}>
        {asked.map((step) => {
          const given = judge?.answersTo(step);
          const texts = prose.steps[step.id]?.texts ?? {};
          const say = (values: readonly string[]) => values.map((value) => texts[value] ?? value).join(' → ');
          return (
            <li key={step.id} data-right={given?.right}>
              <p>{t('lesson.guessed')}: {say(given?.values ?? [])}</p>
              {given?.right !== true && <p>{t('lesson.wasRight')}: {say(step.ask?.answer ?? [])}</p>}
            </li>
          );
        })}
      </ul>
      <div className={css.buttons}>
        {next !== undefined && <Button kind="primary" onClick={() => void startLesson(lesson.goto)}>{t('lesson.nextLesson', { title: next.title })}</Button>}
        <Button onClick={leaveLesson}>{t('lesson.all')}</Button>
      </div>
    </>
  );
}

function Prose({ blocks }: { readonly blocks: readonly Block[] }) {
  return (
    <div className={css.prose}>
      {blocks.map((block, index) =>
        block.kind === 'paragraph' ? <p key={index}><Inlines inlines={block.inlines} /></p>
        : block.kind === 'list' ? <ul key={index}>{block.items.map((item, at) => <li key={at}><Inlines inlines={item} /></li>)}</ul>
        : <pre key={index}>{block.text}</pre>,
      )}
    </div>
  );
}

function Inlines({ inlines }: { readonly inlines: readonly Inline[] }) {
  const { t } = useTranslation('panels');
  return inlines.map((inline, index) => {
    switch (inline.kind) {
      case 'strong':
        return <strong key={index}>{inline.text}</strong>;
      case 'emphasis':
        return <em key={index}>{inline.text}</em>;
      case 'code':
        return <code key={index}>{inline.text}</code>;
      case 'run':
        return <button key={index} type="button" className={css.run} title={t('lesson.run')} onClick={() => void runLine(inline.line)}><code>{inline.line}</code></button>;
      default:
        return <span key={index}>{inline.text}</span>;
    }
  });
}

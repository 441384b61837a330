// The editor's panel: examples, the text, what is wrong with it, Apply. Monaco comes on the first focus, where there is room and a fine pointer.
import { useRef, useState, type ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import { Boundary } from '../../design/Boundary.tsx';
import { showPanel } from '../../layout/show-panel.ts';
import { applyYaml, leaveEditor, runLine } from '../../store/actions.ts';
import { settingsStore } from '../../store/settings.ts';
import { useTerminal, type OpenEdit } from '../../store/terminal-store.ts';
import { check, editorStore, examples, openText, reveal, useEditor, type Cursor, type YamlProblem } from './editor-store.ts';
import { problemText } from './problem-text.ts';
import { PlainEditor } from './PlainEditor.tsx';
import css from './editor.module.css';

function wantsMonaco(): boolean {
  return matchMedia('(pointer: fine) and (min-width: 900px)').matches;
}

export async function applyEditor(): Promise<void> {
  void check();
  showPanel('flow');
  await applyYaml(editorStore.getState().text);
}

/** Monaco reads its own words when its modules are first run: those come before it. */
async function loadMonaco() {
  if (settingsStore.getState().language === 'ko') await import('monaco-editor/nls/lang/ko.js');
  return import('./MonacoEditor.tsx');
}

type RichEditor = ComponentType<{ readonly label: string; readonly onApply: () => void; readonly cursor: Cursor | undefined }>;

/** Brings Monaco once it is wanted. Until it is there, and while a syllable is being composed, the plain editor stays and loses nothing. */
function useRich(wanted: boolean) {
  const panel = useRef<HTMLElement>(null);
  const asked = useRef(false);
  const composing = useRef(false);
  const arrived = useRef<RichEditor>(undefined);
  const [rich, setRich] = useState<{ readonly Editor: RichEditor; readonly cursor: Cursor | undefined } | undefined>(undefined);
  const swap = (): void => {
    const Editor = arrived.current;
    if (Editor === undefined || composing.current) return;
    arrived.current = undefined;
    const area = document.activeElement;
    const held = area instanceof HTMLTextAreaElement && panel.current?.contains(area) === true;
    setRich({ Editor, cursor: held ? { from: area.selectionStart, to: area.selectionEnd, scrollTop: area.scrollTop } : undefined });
  };
  const ask = (): void => {
    if (!wanted || asked.current || !wantsMonaco()) return;
    asked.current = true;
    loadMonaco().then(
      (module) => {
        arrived.current = module.default;
        swap();
      },
      // It may come the next time.
      () => { asked.current = false; },
    );
  };
  const compose = (on: boolean): void => {
    composing.current = on;
    // The last syllable is in the text after this event.
    if (!on) setTimeout(swap);
  };
  return { panel, rich, ask, compose };
}

export function YamlEditor({ compact = false }: { readonly compact?: boolean }) {
  const { t } = useTranslation('panels');
  const { panel, rich, ask, compose } = useRich(!compact);
  const file = useEditor((state) => state.file);
  const problems = useEditor((state) => state.problems);
  const label = t('editor.label');
  const edit = useTerminal((state) => state.edit);
  const apply = () => (edit === undefined ? void applyEditor() : leave(edit, editorStore.getState().text));
  const plain = <PlainEditor label={label} onApply={apply} onFocus={ask} />;
  return (
    <section className={css.panel} aria-label={label} ref={panel} onCompositionStart={() => compose(true)} onCompositionEnd={() => compose(false)}>
      {edit !== undefined ? <EditBar edit={edit} /> : <div className={css.bar}>
        <label className={css.examples}>
          <span className="visually-hidden">{t('editor.examples')}</span>
          <select value={file in examples ? file : ''} onChange={(event) => openText(event.target.value, examples[event.target.value] ?? '')}>
            {!(file in examples) && <option value="">{file}</option>}
            {Object.keys(examples).map((name) => (
              <option key={name} value={name}>
                {t(`editor.example.${name as 'nginx'}`)}
              </option>
            ))}
          </select>
        </label>
        <span className={css.space} />
        <button type="button" className={css.quiet} onClick={() => void runLine('kubectl diff -f -', 'laptop', editorStore.getState().text)}>
          {t('editor.diff')}
        </button>
        <button type="button" className={css.apply} onClick={apply} title="Ctrl Enter">
          {t('editor.apply')}
        </button>
      </div>}
      <div className={css.body}>{rich === undefined ? plain : <Boundary fallback={plain}><rich.Editor label={label} onApply={apply} cursor={rich.cursor} /></Boundary>}</div>
      <Problems problems={problems} />
    </section>
  );
}

/** Saves the file as it is now, and shows what the program in the terminal says to it. */
function leave(edit: OpenEdit, text: string): void {
  leaveEditor(edit, text);
  showPanel('terminal');
}

/** A program in the terminal waits for this file. */
function EditBar({ edit }: { readonly edit: OpenEdit }) {
  const { t } = useTranslation('panels');
  return (
    <div className={css.bar} data-edit={edit.what}>
      <span className={css.edited} title={edit.what}>{edit.what}</span>
      <span className={css.space} />
      <button type="button" className={css.quiet} onClick={() => leave(edit, edit.text)}>{t('editor.discard')}</button>
      <button type="button" className={css.apply} onClick={() => leave(edit, editorStore.getState().text)} title="Ctrl Enter">{t('editor.save')}</button>
    </div>
  );
}

function Problems({ problems }: { readonly problems: readonly YamlProblem[] }) {
  const { t } = useTranslation('panels');
  if (problems.length === 0) return null;
  return (
    <ul className={css.problems} aria-label={t('editor.problems')}>
      {problems.map((problem, index) => (
        <li key={index}>
          <button type="button" onClick={() => reveal(problem)} data-severity={problem.severity}>
            <span className={css.place}>{t('editor.place', { line: problem.line, column: problem.column })}</span>
            {problemText(t, problem)}
          </button>
        </li>
      ))}
    </ul>
  );
}

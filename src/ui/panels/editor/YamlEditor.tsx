// The editor's panel: examples, the text, what is wrong with it, Apply. Monaco comes on the first focus, where there is room and a fine pointer.
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Boundary } from '../../design/Boundary.tsx';
import { showPanel } from '../../layout/show-panel.ts';
import { applyYaml, runLine } from '../../store/actions.ts';
import { check, editorStore, examples, openText, reveal, useEditor, type YamlProblem } from './editor-store.ts';
import { PlainEditor } from './PlainEditor.tsx';
import css from './editor.module.css';

const MonacoEditor = lazy(() => import('./MonacoEditor.tsx'));

function wantsMonaco(): boolean {
  return matchMedia('(pointer: fine) and (min-width: 900px)').matches;
}

export async function applyEditor(): Promise<void> {
  void check();
  showPanel('flow');
  await applyYaml(editorStore.getState().text);
}

export function YamlEditor({ compact = false }: { readonly compact?: boolean }) {
  const { t } = useTranslation('panels');
  const [rich, setRich] = useState(false);
  const file = useEditor((state) => state.file);
  const problems = useEditor((state) => state.problems);
  const label = t('editor.label');
  const apply = () => void applyEditor();
  const plain = <PlainEditor label={label} onApply={apply} onFocus={() => setRich(!compact && wantsMonaco())} />;
  return (
    <section className={css.panel} aria-label={label}>
      <div className={css.bar}>
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
      </div>
      <div className={css.body}>{rich ? <Boundary fallback={plain}><Suspense fallback={plain}><MonacoEditor label={label} onApply={apply} /></Suspense></Boundary> : plain}</div>
      <Problems problems={problems} />
    </section>
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

function problemText(t: ReturnType<typeof useTranslation<'panels'>>['t'], problem: YamlProblem): string {
  if (problem.key === undefined) return problem.message;
  return (t as unknown as (key: string, options: object) => string)(`problem.${problem.key}`, { ...problem.params, defaultValue: problem.message });
}

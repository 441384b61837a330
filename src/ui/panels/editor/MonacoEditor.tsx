// A thin wrapper: one Monaco on one element, kept in step with the editor store.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSettings } from '../../store/settings.ts';
import { editorStore, editText, useEditor, type Cursor } from './editor-store.ts';
import { monaco, useTheme as paint } from './monaco.ts';
import { problemText } from './problem-text.ts';
import { registerCompletion } from './completion.ts';
import css from './editor.module.css';

export default function MonacoEditor({ label, onApply, cursor }: { readonly label: string; readonly onApply: () => void; readonly cursor: Cursor | undefined }) {
  const { t } = useTranslation('panels');
  const element = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(undefined);
  const theme = useSettings((settings) => settings.theme);
  const epoch = useEditor((state) => state.epoch);
  const problems = useEditor((state) => state.problems);
  const reveal = useEditor((state) => state.reveal);
  const apply = useRef(onApply);
  /** Where the person was writing when this editor took over. Nobody's focus is taken otherwise. */
  const start = useRef(cursor);
  useEffect(() => {
    apply.current = onApply;
  }, [onApply]);

  useEffect(() => {
    if (element.current === null) return undefined;
    const made = monaco.editor.create(element.current, {
      value: editorStore.getState().text,
      language: 'yaml',
      theme: 'terrarium',
      ariaLabel: label,
      automaticLayout: true,
      // The page's own faces have Hangul.
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
      fontSize: 13,
      lineHeight: 20,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      tabSize: 2,
      insertSpaces: true,
      renderLineHighlight: 'line',
      // A dimmed number cannot be read by everybody.
      renderFinalNewline: 'on',
      overviewRulerLanes: 0,
      wordBasedSuggestions: 'off',
      fixedOverflowWidgets: true,
      padding: { top: 8, bottom: 8 },
    });
    editor.current = made;
    const changed = made.onDidChangeModelContent(() => editText(made.getValue()));
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => apply.current());
    const completion = registerCompletion(monaco);
    const model = made.getModel();
    if (start.current !== undefined && model !== null) {
      made.setSelection(monaco.Range.fromPositions(model.getPositionAt(start.current.from), model.getPositionAt(start.current.to)));
      made.setScrollTop(start.current.scrollTop);
      made.focus();
      start.current = undefined;
    }
    return () => {
      changed.dispose();
      completion.dispose();
      made.getModel()?.dispose();
      made.dispose();
    };
    // Made once: another language must not lose what can be undone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => editor.current?.updateOptions({ ariaLabel: label }), [label]);
  useEffect(() => paint(theme), [theme]);

  useEffect(() => {
    const { text } = editorStore.getState();
    if (editor.current !== undefined && editor.current.getValue() !== text) editor.current.setValue(text);
  }, [epoch]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (model === undefined || model === null) return;
    monaco.editor.setModelMarkers(
      model,
      'cluster',
      problems.map((problem) => {
        const word = model.getWordAtPosition({ lineNumber: Math.min(problem.line, model.getLineCount()), column: problem.column });
        return {
          severity: problem.severity === 'error' ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
          message: problemText(t, problem),
          startLineNumber: problem.line,
          startColumn: problem.column,
          endLineNumber: problem.endLine ?? problem.line,
          endColumn: problem.endColumn ?? word?.endColumn ?? problem.column + 1,
        };
      }),
    );
  }, [problems, t]);

  useEffect(() => {
    if (reveal === undefined) return;
    editor.current?.setPosition({ lineNumber: reveal.line, column: reveal.column });
    editor.current?.revealLineInCenter(reveal.line);
    editor.current?.focus();
  }, [reveal]);

  return <div ref={element} className={css.monaco} data-testid="monaco" />;
}

// A textarea: before Monaco is wanted, on phones, and in embeds. Everything else (checks, apply, examples) is the same.
import { useEffect, useRef } from 'react';
import { editText, useEditor } from './editor-store.ts';
import css from './editor.module.css';

export function PlainEditor({ label, onFocus, onApply }: { readonly label: string; readonly onFocus?: () => void; readonly onApply: () => void }) {
  const text = useEditor((state) => state.text);
  const reveal = useEditor((state) => state.reveal);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = area.current;
    if (reveal === undefined || element === null) return;
    const lines = element.value.split('\n');
    const at = lines.slice(0, reveal.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + reveal.column - 1;
    element.focus();
    element.setSelectionRange(at, at);
    element.scrollTop = Math.max(0, (reveal.line - 4) * 20);
  }, [reveal]);
  return (
    <textarea
      ref={area}
      className={css.plain}
      aria-label={label}
      value={text}
      spellCheck={false}
      autoCapitalize="off"
      autoCorrect="off"
      wrap="off"
      onFocus={onFocus}
      onChange={(event) => editText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          onApply();
        }
      }}
    />
  );
}

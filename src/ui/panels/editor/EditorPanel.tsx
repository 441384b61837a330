// A first, plain editor: the text, and Apply.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { applyYaml } from '../../store/actions.ts';
import { showPanel } from '../../layout/show-panel.ts';
import { examples } from './examples.ts';
import css from '../panels.module.css';

export function EditorPanel() {
  const { t } = useTranslation();
  const [text, setText] = useState(examples[0]?.text ?? '');
  const apply = () => {
    void applyYaml(text);
    showPanel('flow');
  };
  return (
    <div className={css.column}>
      <div className={css.bar}>
        <select aria-label={t('editor.examples')} className={css.select} defaultValue="nginx" onChange={(event) => setText(examples.find((example) => example.name === event.target.value)?.text ?? '')}>
          {examples.map((example) => <option key={example.name}>{example.name}</option>)}
        </select>
        <span className={css.grow} />
        <Button kind="primary" onClick={apply} title="Ctrl Enter">{t('editor.apply')}</Button>
      </div>
      <textarea
        className={css.code} aria-label={t('editor.label')} value={text} spellCheck={false} autoCapitalize="off" autoCorrect="off" id="editor-text"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.code === 'Enter') {
            event.preventDefault();
            apply();
          }
        }}
      />
    </div>
  );
}

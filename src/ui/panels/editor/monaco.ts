// Monaco, in one lazy chunk of its own: only what a YAML file needs. Its own language services are not used; problems come from the cluster's rules.
import * as monaco from 'monaco-editor/editor';
import 'monaco-editor/languages/definitions/yaml/register';
import 'monaco-editor/editor/contrib/suggest/browser/suggestController';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';

(self as unknown as { MonacoEnvironment: unknown }).MonacoEnvironment = { getWorker: () => new EditorWorker() };

monaco.languages.setLanguageConfiguration('yaml', {
  comments: { lineComment: '#' },
  brackets: [['{', '}'], ['[', ']']],
  autoClosingPairs: [{ open: '{', close: '}' }, { open: '[', close: ']' }, { open: '"', close: '"' }, { open: "'", close: "'" }],
  onEnterRules: [
    { beforeText: /:\s*$/, action: { indentAction: monaco.languages.IndentAction.Indent } },
    { beforeText: /^\s*-\s+\S.*$/, action: { indentAction: monaco.languages.IndentAction.None, appendText: '  ' } },
  ],
});

function color(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Built style sheets write #fff, which Monaco does not know.
  return /^#[0-9a-f]{3}$/i.test(value) ? value.replace(/[0-9a-f]/gi, '$&$&') : value;
}

/** Colours of the page for the editor; call again when the theme changes. */
export function useTheme(theme: 'light' | 'dark'): void {
  monaco.editor.defineTheme('terrarium', {
    base: theme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [],
    colors: { 'editor.background': color('--raised'), 'editor.foreground': color('--text'), 'editorLineNumber.foreground': color('--text-faint'), 'editor.lineHighlightBackground': color('--surface') },
  });
  monaco.editor.setTheme('terrarium');
}

export { monaco };

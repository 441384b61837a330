// The editor's place in the layout.
import { YamlEditor } from './YamlEditor.tsx';

export function EditorPanel() {
  return <YamlEditor />;
}

// Applying one of the manifests that stand ready, from a button elsewhere.
import { applyYaml } from '../../store/actions.ts';
import { examples, openText } from './editor-store.ts';

export function applyExample(name: string): Promise<unknown> {
  const text = examples[name];
  if (text === undefined) return Promise.resolve();
  openText(name, text);
  return applyYaml(text);
}

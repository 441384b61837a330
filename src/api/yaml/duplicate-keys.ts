// Keys that a mapping of a YAML text has twice, as go-yaml tells of them when it reads strictly.
import { keyText, parseYamlNodes, type YamlNode } from './parse-yaml.ts';

/** `yaml: unmarshal errors:` with one line for each, of the first document; undefined when there is none. The text must be valid YAML. */
export function duplicateKeysProblem(text: string): string | undefined {
  const lines: string[] = [];
  const seen = new Set<YamlNode>();
  const walk = (node: YamlNode): void => {
    if (node.kind === 'scalar' || seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'sequence') return node.items.forEach(walk);
    const names = new Set<string>();
    for (const { key, value } of node.entries) {
      walk(value);
      const name = keyText(key);
      if (names.has(name)) lines.push(`line ${value.start.line + 1}: key ${JSON.stringify(name)} already set in map`);
      names.add(name);
    }
  };
  const [first] = parseYamlNodes(text);
  if (first !== undefined) walk(first);
  return lines.length === 0 ? undefined : `yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

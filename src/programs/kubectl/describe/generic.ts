// Kinds without a describer of their own: the whole object, field by field.
import type { Task } from '../../../kernel/task.ts';
import type { Subject } from './describers.ts';
import { annotationsMultiline, DescribeWriter, eventsSection, labelsMultiline } from './writer.ts';
import type { Any } from '../kubectl.ts';

const skipped = new Set(['metadata.managedFields', 'metadata.name', 'metadata.namespace', 'metadata.labels', 'metadata.annotations']);

export function* describeGeneric({ k, object, events }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  w.line(`Namespace:\t${object.metadata.namespace ?? ''}`);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  fields(w, 0, object, '');
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function fields(w: DescribeWriter, level: number, map: Any, path: string): void {
  for (const key of Object.keys(map).sort()) {
    const inside = path === '' ? key : `${path}.${key}`;
    const value = map[key];
    if (skipped.has(inside) || value === undefined) continue;
    const label = smartLabel(key);
    if (Array.isArray(value)) {
      w.at(level, `${label}:`);
      for (const item of value) {
        if (item !== null && typeof item === 'object' && !Array.isArray(item)) fields(w, level + 1, item, inside);
        else w.at(level + 1, Array.isArray(item) ? item.join(' ') : String(item));
      }
    } else if (value !== null && typeof value === 'object') {
      w.at(level, `${label}:`);
      fields(w, level + 1, value, inside);
    } else w.at(level, `${label}:\t${value === null ? '<nil>' : String(value)}`);
  }
}

const acronyms = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `lastTransitionTime` -> `Last Transition Time`; names with digits or signs stay as they are. */
function smartLabel(field: string): string {
  if (/[^A-Za-z-]/.test(field)) return field;
  const words = field.replace(/URLs/g, 'Urls').match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|-+/g) ?? [field];
  return words.map((word) => (word === 'Urls' ? 'URLs' : acronyms.has(word.toUpperCase()) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1))).join(' ');
}

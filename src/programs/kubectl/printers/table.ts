// Prints the Tables that the API server makes (and a NAME/AGE one where it made none).
import { translateTimestampSince } from '../../../api/meta/time.ts';
import { goValue } from '../../../api/meta/go-value.ts';
import { compareBytes } from '../go-text.ts';
import type { Any } from '../kubectl.ts';
import type { TabWriter } from './tab-writer.ts';

export interface TableStyle {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly withNamespace: boolean;
  /** Prefix of names, e.g. `deployment.apps/`; '' for none. */
  readonly kindPrefix: string;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  /** `ADDED` ... for --output-watch-events. */
  readonly event?: string;
}

export function writeTable(writer: TabWriter, table: Any, style: TableStyle, printHeaders: boolean): void {
  const columns: Any[] = table.columnDefinitions ?? [];
  const shown = columns.map((column, index) => ({ column, index })).filter(({ column }) => style.wide || (column.priority ?? 0) === 0);
  if (printHeaders && !style.noHeaders) {
    const headers = shown.map(({ column }) => String(column.name).toUpperCase());
    if (style.withNamespace) headers.unshift('NAMESPACE');
    if (style.event !== undefined) headers.unshift('EVENT');
    for (const label of style.labelColumns) headers.push((label.split('/').pop() as string).toUpperCase());
    if (style.showLabels) headers.push('LABELS');
    writer.write(headers.join('\t') + '\n');
  }
  const nameIndex = columns.findIndex((column) => column.format === 'name' && column.type === 'string');
  for (const row of table.rows ?? []) {
    const cells = shown.map(({ index }) => {
      const text = printCell(row.cells[index]);
      return style.kindPrefix !== '' && index === (nameIndex < 0 ? 0 : nameIndex) ? style.kindPrefix + text : text;
    });
    const metadata: Any = row.object?.metadata ?? {};
    if (style.withNamespace) cells.unshift(metadata.namespace ?? '');
    if (style.event !== undefined) cells.unshift(style.event);
    for (const label of style.labelColumns) cells.push(String(metadata.labels?.[label] ?? ''));
    if (style.showLabels) cells.push(formatLabels(metadata.labels));
    writer.write(cells.join('\t') + '\n');
  }
}

function printCell(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return goValue(cell);
  const end = cell.search(/[\f\n\r]/);
  return (end < 0 ? cell : `${cell.slice(0, end)}...`).replaceAll('\t', ' ');
}

export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort(compareBytes);
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${(labels as Record<string, string>)[key]}`).join(',');
}

/** A table of an object or list, for servers that answered with the object itself. */
export function plainTable(object: Any, nowMs: number): Any {
  const items: Any[] = Array.isArray(object.items) ? object.items : [object];
  return {
    kind: 'Table',
    metadata: object.metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Age', type: 'string', priority: 0 },
    ],
    rows: items.map((item) => ({ cells: [item.metadata?.name ?? '', translateTimestampSince(item.metadata?.creationTimestamp, nowMs)], object: item })),
  };
}

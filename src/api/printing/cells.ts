// What the cells of several kinds share (pkg/printers/internalversion).
import type { ApiObject } from '../meta/object.ts';
import { translateTimestampSince } from '../meta/time.ts';
import type { PodSpec } from '../core/types/pod.ts';

export const none = '<none>';
export const unset = '<unset>';
export const unknown = '<unknown>';

export const age = (object: ApiObject, nowMs: number): string => translateTimestampSince(object.metadata.creationTimestamp, nowMs);

/** CONTAINERS and IMAGES of a template. */
export function containerCells(spec: PodSpec | undefined): readonly [names: string, images: string] {
  const containers = spec?.containers ?? [];
  return [containers.map((container) => container.name).join(','), containers.map((container) => container.image ?? '').join(',')];
}

/** `a,b,c + 2 more...` */
export function someOf(items: readonly string[], max: number): string {
  if (items.length <= max) return items.join(',');
  return `${items.slice(0, max).join(',')} + ${items.length - max} more...`;
}

/** labels.FormatLabels: `a=b,c=d`, `<none>` without any. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? none : keys.map((key) => `${key}=${labels?.[key] ?? ''}`).join(',');
}

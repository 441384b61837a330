// The strategic merge patch from one status to another, as client-go's CreateTwoWayMergePatch makes it for the lists that a status has.
import { sameJson } from '../../api/meta/equality.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Lists that merge by a key; all others are replaced whole. */
const mergeKeys: Readonly<Record<string, string>> = { conditions: 'type', podIPs: 'ip', hostIPs: 'ip', addresses: 'type' };

/** undefined when nothing differs. */
export function diffStatus(before: object | undefined, after: object): Record<string, unknown> | undefined {
  const from = (before ?? {}) as JsonObject;
  const to = after as JsonObject;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(to)) {
    if (to[key] === undefined || sameJson(from[key], to[key])) continue;
    const mergeKey = mergeKeys[key];
    if (mergeKey === undefined || !Array.isArray(to[key])) {
      patch[key] = to[key];
      continue;
    }
    const entries = diffList((from[key] ?? []) as readonly JsonObject[], to[key] as readonly JsonObject[], mergeKey);
    if (entries.order !== undefined) patch[`$setElementOrder/${key}`] = entries.order;
    if (entries.changed.length > 0) patch[key] = entries.changed;
  }
  for (const key of Object.keys(from)) if ((from[key] ?? undefined) !== undefined && to[key] === undefined) patch[key] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function diffList(from: readonly JsonObject[], to: readonly JsonObject[], mergeKey: string): { readonly order: readonly object[] | undefined; readonly changed: readonly object[] } {
  const before = new Map(from.map((entry) => [entry[mergeKey], entry]));
  const changed: object[] = [];
  for (const entry of to) {
    const old = before.get(entry[mergeKey]);
    if (old === undefined) {
      changed.push(entry);
      continue;
    }
    if (sameJson(old, entry)) continue;
    const part: Record<string, unknown> = {};
    for (const key of Object.keys(entry)) if (!sameJson(old[key], entry[key])) part[key] = entry[key];
    for (const key of Object.keys(old)) if (entry[key] === undefined && (old[key] ?? undefined) !== undefined) part[key] = null;
    part[mergeKey] = entry[mergeKey];
    changed.push(part);
  }
  for (const entry of from) if (!to.some((each) => each[mergeKey] === entry[mergeKey])) changed.push({ $patch: 'delete', [mergeKey]: entry[mergeKey] });
  return { order: to.map((entry) => ({ [mergeKey]: entry[mergeKey] })), changed };
}

// Conditions of a status: find one, set one. lastTransitionTime moves only when the status does.

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
}

export function findCondition<C extends { readonly type: string }>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** Gives the same array when nothing changed, so that callers can skip the write. */
export function setCondition<C extends Condition>(conditions: readonly C[] | undefined, wanted: C, now: string): readonly C[] {
  const old = findCondition(conditions, wanted.type);
  if (old === undefined) return [...(conditions ?? []), { ...wanted, lastTransitionTime: wanted.lastTransitionTime ?? now }];
  const lastTransitionTime = old.status === wanted.status ? (old.lastTransitionTime ?? now) : (wanted.lastTransitionTime ?? now);
  const next = { ...old, ...wanted, lastTransitionTime };
  if (sameCondition(old, next)) return conditions ?? [];
  return (conditions ?? []).map((condition) => (condition.type === wanted.type ? next : condition));
}

export function removeCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): readonly C[] {
  if (findCondition(conditions, type) === undefined) return conditions ?? [];
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

function sameCondition(a: object, b: object): boolean {
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const key of keys) if (left[key] !== right[key]) return false;
  return true;
}

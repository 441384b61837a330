// A certificate signing request says who made it: the server writes that down, whatever the client claims, and begins with no decision.
import { fieldsOf, specOf, type Fields } from '../admission/plugin.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import type { ApiRequest } from './request.ts';

export function signedByAsker({ user }: ApiRequest, object: StoredObject): StoredObject {
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = specOf(object);
  const asker = { username: user.name, groups: user.groups, ...(user.uid === undefined ? {} : { uid: user.uid }), ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }) };
  return { ...object, spec: { ...spec, ...asker }, status: {} };
}

/** Conditions that came without times get them. */
export function withConditionTimes(next: StoredObject, old: StoredObject, now: string): StoredObject {
  const of = (object: StoredObject): readonly Fields[] => (fieldsOf(object['status'])['conditions'] ?? []) as readonly Fields[];
  const known = of(old);
  const conditions = of(next).map((condition) => {
    if (condition['lastUpdateTime'] && condition['lastTransitionTime']) return condition;
    const before = known.find((each) => each['type'] === condition['type'] && each['status'] === condition['status']);
    return { ...condition, lastUpdateTime: condition['lastUpdateTime'] || now, lastTransitionTime: condition['lastTransitionTime'] || before?.['lastTransitionTime'] || now };
  });
  return conditions.length === 0 ? next : { ...next, status: { ...fieldsOf(next['status']), conditions } };
}

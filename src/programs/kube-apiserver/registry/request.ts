// One request on its way through the server, and what the stages add to it.
import type { HttpRequest } from '../../../wire/http.ts';
import type { RequestInfo } from '../request-info.ts';
import type { User } from '../stages/user.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export interface ApiRequest {
  readonly http: HttpRequest;
  readonly info: RequestInfo;
  readonly user: User;
  readonly dryRun: boolean;
  /** Who is named in managedFields: the fieldManager parameter, else the beginning of the user agent. */
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Texts for Warning headers. */
  readonly warnings: string[];
  /** Notes of the stages for the audit log. */
  readonly annotations: Map<string, string>;
}

export function createApiRequest(http: HttpRequest, info: RequestInfo, user: User): ApiRequest {
  const agent = http.headers['user-agent'] ?? 'unknown';
  const slash = agent.indexOf('/');
  const validation = info.query.get('fieldValidation');
  return {
    http,
    info,
    user,
    dryRun: info.query.all('dryRun').includes('All'),
    fieldManager: info.query.get('fieldManager') ?? (slash < 0 ? agent : agent.slice(0, slash)),
    fieldValidation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
    warnings: [],
    annotations: new Map(),
  };
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

/** Same JSON value? Shared parts are equal at once. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
    return true;
  }
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  let count = 0;
  for (const key in x) {
    if (x[key] === undefined) continue;
    count++;
    if (!sameValue(x[key], y[key])) return false;
  }
  for (const key in y) if (y[key] !== undefined) count--;
  return count === 0;
}

export const withMeta = (object: StoredObject, metadata: object): StoredObject => ({ ...object, metadata: { ...object.metadata, ...metadata } });

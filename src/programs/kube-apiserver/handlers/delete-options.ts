// How an object is to be deleted: from the request's body, or from its query as old clients say it.
import { decodeObject } from '../../../api/meta/decode.ts';
import type { ApiRequest, DeleteOptions } from '../registry/request.ts';
import { badRequest } from '../status.ts';
import { readBody } from './decode.ts';

const kind = 'DeleteOptions';

/** Throws 400 for a body that says something else or nothing that can be read, before anything is deleted. */
export function readDeleteOptions(request: ApiRequest): DeleteOptions {
  const body = request.http.body === undefined ? {} : fromBody(readBody(request, kind));
  if (Object.keys(body).some((field) => field !== 'kind' && field !== 'apiVersion')) return body;
  const { query } = request.info;
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const dryRun = query.all('dryRun').filter((value) => value !== '');
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as NonNullable<DeleteOptions['propagationPolicy']> }),
    ...(query.get('orphanDependents') === undefined ? {} : { orphanDependents: query.bool('orphanDependents') }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}

function fromBody(value: unknown): DeleteOptions {
  const said = (value as { readonly kind?: unknown } | null)?.kind ?? kind;
  if (said !== kind) throw badRequest('decoded object cannot be converted to DeleteOptions');
  const { object, error } = decodeObject<DeleteOptions>(value, 'meta.v1.DeleteOptions');
  if (error !== undefined) throw badRequest(error);
  return object;
}

import { describe, expect, it } from 'vitest';
import { parseRequestInfo } from './request-info.ts';

const parse = (line: string) => {
  const [method = 'GET', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const { verb, group, version, namespace, resource, subresource, name, isResource } = parseRequestInfo({ method: method as 'GET', path, query: query === '' ? [] : query.split('&').map((each) => each.split(/=(.*)/).slice(0, 2) as [string, string]), headers: {} });
  return isResource ? [verb, group, version, namespace, resource, subresource, name].join(' ') : `path ${verb}`;
};

describe('parseRequestInfo', () => {
  it.each([
    ['GET /api/v1/namespaces/default/pods', 'list  v1 default pods  '],
    ['GET /api/v1/namespaces/default/pods/web', 'get  v1 default pods  web'],
    ['GET /api/v1/pods?watch=true', 'watch  v1  pods  '],
    ['GET /api/v1/pods?watch=1&fieldSelector=metadata.name=web', 'watch  v1  pods  web'],
    ['POST /api/v1/namespaces/default/pods/web/binding', 'create  v1 default pods binding web'],
    ['GET /api/v1/namespaces/kube-system', 'get  v1 kube-system namespaces  kube-system'],
    ['PUT /api/v1/namespaces/kube-system/finalize', 'update  v1 kube-system namespaces finalize kube-system'],
    ['GET /api/v1/namespaces', 'list  v1  namespaces  '],
    ['DELETE /apis/apps/v1/namespaces/default/deployments', 'deletecollection apps v1 default deployments  '],
    ['PATCH /apis/apps/v1/namespaces/default/deployments/web/scale', 'patch apps v1 default deployments scale web'],
    ['GET /apis/apps/v1', 'path get'],
    ['GET /healthz', 'path get'],
  ])('%s', (line, expected) => expect(parse(line)).toBe(expected));
});

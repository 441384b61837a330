import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../client/api-error.ts';
import { Query } from '../request-info.ts';
import { checkLogOptions } from './log-options.ts';

function check(text: string): string {
  try {
    checkLogOptions(new Query(text.split('&').map((pair) => pair.split('=') as [string, string])), 'web');
    return 'fine';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message.replace('PodLogOptions "web" is invalid: ', '');
  }
}

describe('log options', () => {
  it.each([
    ['tailLines=0&limitBytes=1&sinceSeconds=1', 'fine'],
    ['tailLines=-1', 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['limitBytes=0', 'limitBytes: Invalid value: 0: must be greater than 0'],
    ['sinceSeconds=0', 'sinceSeconds: Invalid value: 0: must be greater than 0'],
    ['sinceSeconds=3&sinceTime=2026-01-01T00:00:00Z', ': Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified'],
    ['tailLines=few', 'strconv.ParseInt: parsing "few": invalid syntax'],
  ])('%s', (query, expected) => expect(check(query)).toBe(expected));
});

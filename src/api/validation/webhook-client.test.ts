import { describe, expect, it } from 'vitest';
import { formatFieldError } from './field-error.ts';
import { validateWebhookClient, type WebhookClientConfig } from './webhook-client.ts';

const problems = (config: WebhookClientConfig): string[] => {
  const errors: Parameters<typeof validateWebhookClient>[0] = [];
  validateWebhookClient(errors, config, 'at');
  return errors.map(formatFieldError);
};
const service = (more: object): WebhookClientConfig => ({ service: { namespace: 'a', name: 'b', ...more } });

describe('where a webhook is found', () => {
  it('takes a Service with or without a path, an empty one too', () => {
    for (const path of [undefined, '', '/', '/a', '/a/b.c/']) expect(problems(service(path === undefined ? {} : { path }))).toEqual([]);
  });

  it('says what is wrong with a Service', () => {
    expect(problems(service({ path: '//' }))).toEqual(["at.service.path: Invalid value: \"//\": segment[0] may not be empty"]);
    expect(problems(service({ path: 'apath' }))).toEqual(["at.service.path: Invalid value: \"apath\": must start with a '/'"]);
    expect(problems(service({ path: '/a//b' }))).toEqual(['at.service.path: Invalid value: "/a//b": segment[1] may not be empty']);
    expect(problems({ service: { port: 0 } })).toEqual(['at.service.name: Required value', 'at.service.namespace: Required value', 'at.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive']);
  });

  it('wants one place, and of a URL nothing but host and path', () => {
    expect(problems({})).toEqual(['at: Required value: exactly one of url or service is required']);
    expect(problems({ url: 'https://a/b' })).toEqual([]);
    expect(problems({ url: 'http://u@a/b?c' })).toHaveLength(3);
  });
});

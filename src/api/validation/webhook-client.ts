// Where a webhook is found: by a URL or by a Service, as admission and conversion have it (k8s.io/apiserver/pkg/util/webhook/validation.go).
import { isDns1123Subdomain } from '../meta/names.ts';
import { invalid, required, type FieldErrors } from './field-error.ts';

export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace?: string; readonly name?: string; readonly path?: string; readonly port?: number };
  readonly caBundle?: string;
}

/** Exactly one of `url` and `service`. Of a url: HTTPS alone, and nothing that identifies a user or a query. */
export function validateWebhookClient(errors: FieldErrors, { url, service }: WebhookClientConfig, at: string): void {
  if ((url === undefined) === (service === undefined)) errors.push(required(at, 'exactly one of url or service is required'));
  else if (url !== undefined) validateUrl(errors, url, `${at}.url`);
  else if (service !== undefined) {
    if (!service.name) errors.push(required(`${at}.service.name`));
    if (!service.namespace) errors.push(required(`${at}.service.namespace`));
    const port = service.port ?? 443;
    if (!Number.isInteger(port) || port < 1 || port > 65_535) errors.push(invalid(`${at}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
    validatePath(errors, service.path, `${at}.service.path`);
  }
}

function validatePath(errors: FieldErrors, path: string | undefined, at: string): void {
  if (path === undefined || path === '' || path === '/') return;
  if (path === '//') return void errors.push(invalid(at, path, 'segment[0] may not be empty'));
  if (!path.startsWith('/')) errors.push(invalid(at, path, 'must start with a \'/\''));
  // The first character is left out, whatever it is.
  const steps = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/');
  steps.forEach((step, index) => {
    if (step === '') errors.push(invalid(at, path, `segment[${index}] may not be empty`));
    else for (const problem of isDns1123Subdomain(step)) errors.push(invalid(at, path, `segment[${index}]: ${problem}`));
  });
}

function validateUrl(errors: FieldErrors, url: string, at: string): void {
  const form = 'desired format: https://host[/path]';
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(url);
  const [, scheme, authority = '', , query, fragment] = match ?? [];
  if (scheme !== 'https') errors.push(invalid(at, scheme ?? '', `'https' is the only allowed URL scheme; ${form}`));
  const user = authority.lastIndexOf('@');
  if (authority.slice(user + 1) === '') errors.push(invalid(at, authority, `host must be specified; ${form}`));
  if (user >= 0) errors.push(invalid(at, authority.slice(0, user), 'user information is not permitted in the URL'));
  if (fragment !== undefined) errors.push(invalid(at, fragment.slice(1), 'fragments are not permitted in the URL'));
  if (query !== undefined) errors.push(invalid(at, query.slice(1), 'query parameters are not permitted in the URL'));
}

// The addresses at which a load balancer lets traffic in, in the status of Services and Ingresses (apis/core/validation, apis/networking/validation).
import { isDns1123Subdomain } from '../meta/names.ts';
import type { LoadBalancerIngress } from '../core/types/service.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { notAnIp, parseIp } from './ip.ts';

const field = 'status.loadBalancer.ingress';

function validateIngress(errors: FieldErrors, { ip = '', hostname = '' }: LoadBalancerIngress, at: string, mode: () => void): void {
  if (ip !== '' && parseIp(ip) === undefined) errors.push(invalid(`${at}.ip`, ip, notAnIp));
  mode();
  if (hostname === '') return;
  for (const problem of isDns1123Subdomain(hostname)) errors.push(invalid(`${at}.hostname`, hostname, problem));
  if (parseIp(hostname) !== undefined) errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
}

export function validateIngressStatus(ingress: readonly LoadBalancerIngress[] | undefined): FieldErrors {
  const errors: FieldErrors = [];
  ingress?.forEach((each, index) => validateIngress(errors, each, `${field}[${index}]`, () => undefined));
  return errors;
}

/** `type` of the Service: only load balancers have such addresses. */
export function validateServiceStatus(ingress: readonly LoadBalancerIngress[] | undefined, type: string | undefined): FieldErrors {
  const errors: FieldErrors = [];
  if (type !== 'LoadBalancer' && (ingress ?? []).length > 0) return [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")];
  ingress?.forEach((each, index) => {
    const at = `${field}[${index}]`;
    validateIngress(errors, each, at, () => {
      const { ip = '', ipMode } = each;
      if (ipMode === undefined) {
        if (ip !== '') errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'));
      } else if (ip === '') errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
      else if (ipMode !== 'Proxy' && ipMode !== 'VIP') errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']));
    });
  });
  return errors;
}

// FlowSchema: which requests are of which flow, and which priority level serves them.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { age, none } from '../printing/cells.ts';
import { checkOneOf, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { conditionTypes } from '../validation/status.ts';

interface Subject {
  readonly kind?: string;
  readonly user?: { readonly name?: string };
  readonly group?: { readonly name?: string };
  readonly serviceAccount?: { readonly name?: string; readonly namespace?: string };
}
interface ResourceRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly clusterScope?: boolean;
  readonly namespaces?: readonly string[];
}
interface NonResourceRule {
  readonly verbs?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}
interface FlowSchema extends ApiObject {
  readonly spec?: {
    readonly matchingPrecedence?: number;
    readonly priorityLevelConfiguration?: { readonly name?: string };
    readonly distinguisherMethod?: { readonly type?: string };
    readonly rules?: readonly { readonly subjects?: readonly Subject[]; readonly resourceRules?: readonly ResourceRule[]; readonly nonResourceRules?: readonly NonResourceRule[] }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] };
}

const mostPrecedence = 10_000;
const verbs = ['*', 'create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const pathVerbs = ['*', 'delete', 'get', 'head', 'options', 'patch', 'post', 'put'];

/** As pkg/apis/flowcontrol/validation. */
function validate({ metadata, spec = {} }: FlowSchema): readonly FieldError[] {
  const errors: FieldErrors = [];
  const precedence = spec.matchingPrecedence ?? 0;
  if (precedence <= 0) errors.push(invalid('spec.matchingPrecedence', precedence, 'must be a positive value'));
  if (precedence > mostPrecedence) errors.push(invalid('spec.matchingPrecedence', precedence, `must not be greater than ${mostPrecedence}`));
  if (precedence === 1 && metadata.name !== 'exempt') errors.push(invalid('spec.matchingPrecedence', precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (spec.distinguisherMethod !== undefined) checkOneOf(errors, spec.distinguisherMethod.type ?? '', 'spec.distinguisherMethod.type', ['ByNamespace', 'ByUser']);
  if (!spec.priorityLevelConfiguration?.name) errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  spec.rules?.forEach((rule, index) => {
    const at = `spec.rules[${index}]`;
    if ((rule.subjects ?? []).length === 0) errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'));
    rule.subjects?.forEach((subject, position) => validateSubject(errors, subject, `${at}.subjects[${position}]`));
    if ((rule.resourceRules ?? []).length === 0 && (rule.nonResourceRules ?? []).length === 0) errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
    rule.resourceRules?.forEach((each, position) => validateResourceRule(errors, each, `${at}.resourceRules[${position}]`));
    rule.nonResourceRules?.forEach((each, position) => {
      const here = `${at}.nonResourceRules[${position}]`;
      checkList(errors, each.verbs, `${here}.verbs`, 'verbs must contain at least one value', 'verbs', pathVerbs);
      checkList(errors, each.nonResourceURLs, `${here}.nonResourceURLs`, 'nonResourceURLs must contain at least one value', 'non-resource URLs');
    });
  });
  return errors;
}

function validateSubject(errors: FieldErrors, subject: Subject, at: string): void {
  const parts = [['User', 'user'], ['Group', 'group'], ['ServiceAccount', 'serviceAccount']] as const;
  if (!parts.some(([kind]) => kind === subject.kind)) {
    errors.push(notSupported(`${at}.kind`, subject.kind ?? '', ['Group', 'ServiceAccount', 'User']));
    return;
  }
  for (const [kind, field] of parts) {
    if (kind !== subject.kind) {
      if (subject[field] !== undefined) errors.push(forbidden(`${at}.${field}`, `${field} is forbidden when subject kind is not '${kind}'`));
    } else if (subject[field] === undefined) errors.push(required(`${at}.${field}`, `${field} is required when subject kind is '${kind}'`));
    else if (!subject[field].name) errors.push(required(`${at}.${field}.name`));
  }
  if (subject.kind === 'ServiceAccount' && subject.serviceAccount !== undefined) {
    const { namespace } = subject.serviceAccount;
    if (!namespace) errors.push(required(`${at}.serviceAccount.namespace`, 'must specify namespace for service account'));
  }
}

function validateResourceRule(errors: FieldErrors, rule: ResourceRule, at: string): void {
  checkList(errors, rule.verbs, `${at}.verbs`, 'verbs must contain at least one value', 'verbs', verbs);
  checkList(errors, rule.apiGroups, `${at}.apiGroups`, 'resource rules must supply at least one api group', 'api groups');
  checkList(errors, rule.resources, `${at}.resources`, 'resource rules must supply at least one resource', 'resources');
  if ((rule.namespaces ?? []).length === 0 && rule.clusterScope !== true) errors.push(required(`${at}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'));
  if ((rule.namespaces ?? []).length > 1 && rule.namespaces?.includes('*') === true) errors.push(invalid(`${at}.namespaces`, rule.namespaces, "if '*' is present, must not specify other namespaces"));
}

function checkList(errors: FieldErrors, values: readonly string[] | undefined, at: string, whenEmpty: string, what: string, supported?: readonly string[]): void {
  if ((values ?? []).length === 0) errors.push(required(at, whenEmpty));
  else if (values?.includes('*') === true && values.length > 1) errors.push(invalid(at, values, `if '*' is present, must not specify other ${what}`));
  else if (supported !== undefined && values?.some((value) => !supported.includes(value)) === true) errors.push(notSupported(at, values, supported));
}

export const flowSchemaKind = declareKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  namespaced: false,
  validateStatus: ({ status }) => conditionTypes(status?.conditions),
  subresources: ['status'],
  kind: 'FlowSchema',
  resource: 'flowschemas',
  storagePrefix: 'flowschemas',
  definition: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  generation: true,
  defaults: (schema) => mapField(schema, 'spec', (spec) => fill(spec, { matchingPrecedence: 1000 })),
  validate,
  columns: columns('Name PriorityLevel MatchingPrecedence# DistinguisherMethod Age MissingPL'),
  row: (schema, nowMs) => {
    const dangling = schema.status?.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?';
    return [schema.metadata.name, schema.spec?.priorityLevelConfiguration?.name ?? '', schema.spec?.matchingPrecedence ?? 0, schema.spec?.distinguisherMethod?.type ?? none, age(schema, nowMs), dangling];
  },
});

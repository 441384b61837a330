// The checks of a CustomResourceDefinition, on create and on update (apiextensions-apiserver/pkg/apis/apiextensions/validation).
import { isDns1035Label, isDns1123Subdomain } from '../meta/names.ts';
import { sameJson } from '../meta/equality.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { parseFieldPath, parseJsonPath } from './field-path.ts';
import type { CustomResourceDefinition, DefinitionNames, DefinitionVersion, PrinterColumn, ScalePaths, SchemaProps } from './types.ts';
import { validateSchema } from './validate-schema.ts';
import { validateWebhookClient } from '../validation/webhook-client.ts';

const label = (errors: FieldErrors, value: string, path: string, prefix = ''): void => {
  const problems = isDns1035Label(value);
  if (problems.length > 0) errors.push(invalid(path, value, prefix + problems.join(',')));
};

export function validateDefinition(definition: CustomResourceDefinition): FieldErrors {
  const errors: FieldErrors = [];
  const { spec, metadata } = definition;
  if (metadata.name !== `${spec.names?.plural ?? ''}.${spec.group ?? ''}`) errors.push(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  validateSpec(spec, undefined, errors);
  validateStored(definition, errors);
  if (isProtected(spec.group ?? '')) validateApproval(definition, errors);
  return errors;
}

/** With `old`, schemas that did not change are not judged again. */
function validateSpec(spec: CustomResourceDefinition['spec'], old: CustomResourceDefinition['spec'] | undefined, errors: FieldErrors): void {
  const { group, scope, names } = spec;
  if (!group) errors.push(required('spec.group'));
  else if (isDns1123Subdomain(group).length > 0) errors.push(invalid('spec.group', group, isDns1123Subdomain(group).join(',')));
  else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  if (!scope) errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  if (spec.preserveUnknownFields === true && old?.preserveUnknownFields !== true) errors.push(invalid('spec.preserveUnknownFields', true, 'must be false'));
  validateVersions(spec, old, errors);
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) if (!names?.[name]) errors.push(required(`spec.names.${name}`));
  if (names !== undefined) validateNames(names, 'spec.names', errors);
  validateConversion(spec, errors);
}

function validateVersions(spec: CustomResourceDefinition['spec'], old: CustomResourceDefinition['spec'] | undefined, errors: FieldErrors): void {
  const versions = spec.versions ?? [];
  versions.forEach(({ name }, index) => {
    label(errors, name ?? '', `spec.versions[${index}].name`);
  });
  if (new Set(versions.map((each) => each.name)).size < versions.length) errors.push(invalid('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter((each) => each.storage).length !== 1) errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  // What all versions have in common is spoken of once, in the place where v1beta1 had it.
  const same = <T>(part: (version: DefinitionVersion) => T): boolean => versions.every((each) => sameJson(part(each), part(versions[0] as DefinitionVersion)));
  const isOneSchema = same((each) => each.schema);
  const isOneColumns = same((each) => each.additionalPrinterColumns);
  const isOneSubresources = same((each) => each.subresources);
  versions.forEach((version, index) => {
    const at = `spec.versions[${index}]`;
    const before = old?.versions?.find((each) => each.name === version.name);
    const schema = version.schema?.openAPIV3Schema;
    if (schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`, 'schemas are required'));
    else if ((index === 0 || !isOneSchema) && (before === undefined || !sameJson(schema, before.schema?.openAPIV3Schema))) validateVersionSchema(schema, version, isOneSchema ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`, errors);
    if (index === 0 || !isOneColumns) version.additionalPrinterColumns?.forEach((each, i) => validateColumn(each, `${isOneColumns ? 'spec' : at}.additionalPrinterColumns[${i}]`, errors));
    if (version.subresources?.scale !== undefined && (index === 0 || !isOneSubresources)) validateScale(version.subresources.scale, `${isOneSubresources ? 'spec' : at}.subresources.scale`, errors);
    if (version.deprecated !== true && version.deprecationWarning !== undefined) errors.push(invalid(`${at}.deprecationWarning`, version.deprecationWarning, 'can only be set for deprecated versions'));
    validateSelectable(version, at, errors);
  });
}

const rootWords = new Set(['description', 'type', 'format', 'title', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'multipleOf', 'required', 'items', 'properties', 'externalDocs', 'example', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations', 'enum']);
const rootWordTexts = 'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';

function validateVersionSchema(schema: SchemaProps, version: DefinitionVersion, path: string, errors: FieldErrors): void {
  if (version.subresources?.status !== undefined) {
    if (schema.type !== undefined && schema.type !== 'object') errors.push(invalid(`${path}.type`, schema.type, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'));
    else if (Object.keys(schema).some((each) => !rootWords.has(each))) errors.push(invalid(path, schema, `only [${rootWordTexts}] fields are allowed at the root of the schema if the status subresource is enabled`));
  }
  validateSchema(schema, path, errors);
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumn(column: PrinterColumn, path: string, errors: FieldErrors): void {
  if (!column.name) errors.push(required(`${path}.name`));
  if (!column.type) errors.push(required(`${path}.type`, `must be one of ${columnTypes.join(',')}`));
  else if (!columnTypes.includes(column.type)) errors.push(invalid(`${path}.type`, column.type, `must be one of ${columnTypes.join(',')}`));
  if (column.format !== undefined && column.format !== '' && !columnFormats.includes(column.format)) errors.push(invalid(`${path}.format`, column.format, `must be one of ${columnFormats.join(',')}`));
  if (!column.jsonPath) errors.push(required(`${path}.JSONPath`));
  else {
    const steps = parseJsonPath(column.jsonPath);
    if (!column.jsonPath.startsWith('.')) errors.push(invalid(`${path}.JSONPath`, column.jsonPath, 'must be a simple json path starting with .'));
    else if (typeof steps === 'string') errors.push(invalid(`${path}.JSONPath`, column.jsonPath, `invalid JSON path: ${steps}`));
  }
}

function validateScale(scale: ScalePaths, path: string, errors: FieldErrors): void {
  const check = (name: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath', roots: readonly string[]): void => {
    const value = scale[name];
    const at = `${path}.${name}`;
    if (value === undefined || value === '') {
      if (name !== 'labelSelectorPath') errors.push(required(at));
    } else if (!value.startsWith('.')) errors.push(invalid(at, value, 'must be a simple json path starting with .'));
    else if (parseFieldPath(value) === undefined) errors.push(invalid(at, value, 'must be a json path in the dot notation'));
    else if (!roots.some((root) => value.startsWith(`.${root}.`))) errors.push(invalid(at, value, `should be a json path under ${roots.length > 1 ? 'either .spec or .status' : `.${roots[0]}`}`));
  };
  check('specReplicasPath', ['spec']);
  check('statusReplicasPath', ['status']);
  check('labelSelectorPath', ['spec', 'status']);
}

function validateSelectable(version: DefinitionVersion, path: string, errors: FieldErrors): void {
  const fields = version.selectableFields ?? [];
  if (fields.length > 8) errors.push({ type: 'TooMany', field: `${path}.selectableFields`, value: fields.length, detail: 'must have at most 8 items' });
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const at = `${path}.selectableFields[${index}].jsonPath`;
    if (!jsonPath) return void errors.push(required(at));
    const parts = parseFieldPath(jsonPath);
    if (parts === undefined) return void errors.push(invalid(at, jsonPath, 'is an invalid path: must be a json path in the dot notation'));
    if (parts[0] === 'metadata') return void errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
    if (seen.has(jsonPath)) return void errors.push({ type: 'Duplicate', field: at, value: jsonPath, detail: '' });
    seen.add(jsonPath);
    let schema = version.schema?.openAPIV3Schema;
    for (const part of parts) schema = schema?.properties?.[part];
    if (schema === undefined) errors.push(invalid(at, jsonPath, 'is an invalid path: does not refer to a valid field'));
    else if (!['string', 'boolean', 'integer'].includes(schema.type ?? '')) errors.push(invalid(at, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'));
  });
}

export function validateNames(names: DefinitionNames, path: string, errors: FieldErrors): void {
  const mixed = 'may have mixed case, but should otherwise match: ';
  if (names.plural) label(errors, names.plural, `${path}.plural`);
  if (names.singular) label(errors, names.singular, `${path}.singular`);
  for (const name of ['kind', 'listKind'] as const) {
    const problems = names[name] ? isDns1035Label((names[name] as string).toLowerCase()) : [];
    if (problems.length > 0) errors.push(invalid(`${path}.${name}`, names[name], mixed + problems.join(',')));
  }
  names.shortNames?.forEach((each, index) => label(errors, each, `${path}.shortNames[${index}]`));
  if (names.kind && names.kind === names.listKind) errors.push(invalid(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'));
  names.categories?.forEach((each, index) => label(errors, each, `${path}.categories[${index}]`));
}

function validateConversion({ conversion }: CustomResourceDefinition['spec'], errors: FieldErrors): void {
  if (conversion === undefined) return;
  if (!conversion.strategy) errors.push(required('spec.conversion.strategy'));
  else if (conversion.strategy !== 'None' && conversion.strategy !== 'Webhook') errors.push(notSupported('spec.conversion.strategy', conversion.strategy, ['None', 'Webhook']));
  if (conversion.strategy === 'Webhook') {
    const config = conversion.webhook?.clientConfig;
    if (config === undefined) errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
    else validateWebhookClient(errors, config, 'spec.conversion.webhookClientConfig');
    if ((conversion.webhook?.conversionReviewVersions ?? []).length === 0) errors.push(required('spec.conversion.conversionReviewVersions'));
    return;
  }
  const unwanted = 'should not be set when strategy is not set to Webhook';
  if (conversion.webhook?.clientConfig !== undefined) errors.push(forbidden('spec.conversion.webhookClientConfig', unwanted));
  if ((conversion.webhook?.conversionReviewVersions ?? []).length > 0) errors.push(forbidden('spec.conversion.conversionReviewVersions', unwanted));
}

// ---------------------------------------------------------------- protected groups

const approvalAnnotation = 'api-approved.kubernetes.io';
const isProtected = (group: string): boolean => group === 'k8s.io' || group === 'kubernetes.io' || group.endsWith('.k8s.io') || group.endsWith('.kubernetes.io');

function validateApproval({ metadata }: CustomResourceDefinition, errors: FieldErrors): void {
  const approval = metadata.annotations?.[approvalAnnotation];
  const path = `metadata.annotations[${approvalAnnotation}]`;
  if (approval === undefined || approval === '') errors.push(required(path, `protected groups must have approval annotation "${approvalAnnotation}", see https://github.com/kubernetes/enhancements/pull/1111`));
  else if (!approval.startsWith('unapproved') && !/^https?:\/\/.+/.test(approval)) errors.push(invalid(path, approval, `protected groups must have approval annotation "${approvalAnnotation}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`));
}

function validateStored({ spec, status }: CustomResourceDefinition, errors: FieldErrors): void {
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) errors.push(invalid('status.storedVersions', stored, 'must have at least one stored version'));
  const storage = spec.versions?.find((each) => each.storage)?.name;
  if (stored.length > 0 && storage !== undefined && !stored.includes(storage)) errors.push(invalid('status.storedVersions', stored, `must have the storage version ${storage}`));
}

// ---------------------------------------------------------------- update

export function validateDefinitionUpdate(next: CustomResourceDefinition, old: CustomResourceDefinition): FieldErrors {
  const errors: FieldErrors = [];
  validateSpec(next.spec, old.spec, errors);
  const established = old.status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') === true;
  const fixed = (value: unknown, before: unknown, path: string): void => {
    if (!sameJson(value, before)) errors.push(invalid(path, value, 'field is immutable'));
  };
  if (established) {
    fixed(next.spec.scope, old.spec.scope, 'spec.scope');
    fixed(next.spec.names.kind, old.spec.names.kind, 'spec.names.kind');
  }
  fixed(next.spec.group, old.spec.group, 'spec.group');
  fixed(next.spec.names.plural, old.spec.names.plural, 'spec.names.plural');
  validateStored(next, errors);
  (next.status?.storedVersions ?? []).forEach((name, index) => {
    if (next.spec.versions?.some((each) => each.name === name) !== true) errors.push(invalid(`status.storedVersions[${index}]`, name, 'must appear in spec.versions'));
  });
  return errors;
}

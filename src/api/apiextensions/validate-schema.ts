// What Kubernetes asks of a definition's schema: that it is structural, that its defaults fit it, that its patterns and rules can be read.
import type { Json } from '../meta/object.ts';
import { compileRegex } from '../regex/regex.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { applyDefaults } from './apply-defaults.ts';
import { prune } from './prune.ts';
import { checkRuleCosts } from './rule-cost.ts';
import { compileRules, type RuleProblem } from './rules.ts';
import { isList, isObject, SchemaNode } from './schema-node.ts';
import type { SchemaProps, ValidationRule } from './types.ts';
import { validateLists } from './validate-lists.ts';
import { validateValue } from './validate-value.ts';

type Level = 'root' | 'field' | 'item';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
/** What combinations (allOf and so on) may not say: they only judge, they do not shape. */
const shaping = ['description', 'type', 'default', 'additionalProperties', 'title', 'nullable', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'] as const;
const unsupported = ['id', '$ref', '$schema', 'additionalItems', 'patternProperties', 'definitions', 'dependencies'] as const;

export function validateSchema(schema: SchemaProps, path: string, errors: FieldErrors): void {
  const before = errors.length;
  checkStructure(schema, path, 'root', errors);
  // Rules and defaults mean something only in a schema that is one.
  if (errors.length > before) return;
  const root = new SchemaNode(schema);
  checkDefaults(root, path, errors, true);
  checkRules(root, path, errors, true, true);
  if (errors.length === before) checkRuleCosts(root, path, errors);
}

function checkStructure(schema: SchemaProps, path: string, level: Level, errors: FieldErrors): void {
  checkWords(schema, path, errors);
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserve = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const { type } = schema;
  if ((type === undefined || type === '') && !intOrString && !preserve) {
    errors.push(required(`${path}.type`, level === 'root' ? 'must not be empty at the root' : level === 'item' ? 'must not be empty for specified array items' : 'must not be empty for specified object fields'));
  } else if (type !== undefined && type !== '' && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (type === 'array' && schema.items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (intOrString && type !== undefined && type !== '') errors.push(invalid(`${path}.type`, type, 'must be empty if x-kubernetes-int-or-string is true'));
  if ((level === 'root' || embedded) && type !== undefined && type !== '' && type !== 'object') errors.push(invalid(`${path}.type`, type, level === 'root' ? 'must be object at the root' : 'must be object if x-kubernetes-embedded-resource is true'));
  if (embedded && !preserve && Object.keys(schema.properties ?? {}).length === 0) errors.push(required(`${path}.properties`, 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
  if (level === 'root' || embedded) checkResourceFields(schema, path, errors);
  checkLists(schema, path, errors);
  if (schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0) errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  for (const [name, each] of sorted(schema.properties)) checkStructure(each, `${path}.properties[${name}]`, 'field', errors);
  if (isObject(schema.additionalProperties as Json)) checkStructure(schema.additionalProperties as SchemaProps, `${path}.additionalProperties`, 'field', errors);
  if (isList(schema.items as Json)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  else if (schema.items !== undefined) checkStructure(schema.items as SchemaProps, `${path}.items`, 'item', errors);
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) schema[name]?.forEach((each, index) => checkJudging(each, `${path}.${name}[${index}]`, intOrString, errors));
  if (schema.not !== undefined) checkJudging(schema.not, `${path}.not`, false, errors);
}

const sorted = <T>(record: Readonly<Record<string, T>> | undefined): readonly (readonly [string, T])[] => Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

function checkWords(schema: SchemaProps, path: string, errors: FieldErrors): void {
  const given = schema as Readonly<Record<string, unknown>>;
  for (const name of unsupported) if (given[name] !== undefined && name !== '$schema') errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  if (schema.type === 'null') errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (schema.uniqueItems === true) errors.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (schema.pattern !== undefined && schema.pattern !== '') {
    const regex = compileRegex(schema.pattern);
    if ('problem' in regex) errors.push(invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${regex.problem}`));
  }
}

/** apiVersion, kind and metadata are what they are. */
function checkResourceFields(schema: SchemaProps, path: string, errors: FieldErrors): void {
  const at = (name: string): string => `${path}.properties[${name}]`;
  const properties = schema.properties ?? {};
  for (const name of ['apiVersion', 'kind']) {
    const type = properties[name]?.type;
    if (properties[name] !== undefined && type !== undefined && type !== 'string') errors.push(invalid(`${at(name)}.type`, type, 'must be string'));
  }
  const { metadata } = properties;
  if (metadata === undefined) return;
  if (metadata.type !== undefined && metadata.type !== 'object') errors.push(invalid(`${at('metadata')}.type`, metadata.type, 'must be object'));
  const { type: _type, description: _description, properties: fields, ...rest } = metadata;
  const others = Object.keys(fields ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0 || Object.keys(rest).length > 0) errors.push(forbidden(at('metadata'), 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
}

function checkLists(schema: SchemaProps, path: string, errors: FieldErrors): void {
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (mapType !== undefined) {
    if (mapType !== 'granular' && mapType !== 'atomic') errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
    if (schema.type !== 'object') errors.push(invalid(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-map-type is specified'));
  }
  if (listType === undefined) {
    if (keys.length > 0) errors.push(required(`${path}.x-kubernetes-list-type`, 'must be map if x-kubernetes-list-map-keys is non-empty'));
    return;
  }
  if (!['atomic', 'map', 'set'].includes(listType)) errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'map', 'set']));
  if (schema.type !== 'array') errors.push(invalid(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'));
  const items = schema.items as SchemaProps | undefined;
  if (listType === 'set' && items !== undefined) {
    if (items.nullable === true) errors.push(forbidden(`${path}.items.nullable`, 'cannot be nullable when x-kubernetes-list-type is set'));
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') errors.push(invalid(`${path}.items.x-kubernetes-map-type`, items['x-kubernetes-map-type'] ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set'));
    if (items.type === 'array' && items['x-kubernetes-list-type'] !== undefined && items['x-kubernetes-list-type'] !== 'atomic') errors.push(invalid(`${path}.items.x-kubernetes-list-type`, items['x-kubernetes-list-type'], 'must be atomic as item of a list with x-kubernetes-list-type=set'));
  }
  if (listType !== 'map') {
    if (keys.length > 0) errors.push(forbidden(`${path}.x-kubernetes-list-map-keys`, 'must be empty if x-kubernetes-list-type is not map'));
    return;
  }
  if (items !== undefined && items.type !== 'object') errors.push(invalid(`${path}.items.type`, items.type ?? '', 'must be object if parent array\'s x-kubernetes-list-type is map'));
  if (keys.length === 0) errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  keys.forEach((key, index) => {
    const property = items?.properties?.[key];
    if (property === undefined) errors.push(invalid(`${path}.x-kubernetes-list-map-keys[${index}]`, key, 'entries must all be names of item properties'));
    else if (property.type === 'object' || property.type === 'array') errors.push(invalid(`${path}.items.properties[${key}].type`, property.type, `must be a scalar type if parent array's x-kubernetes-list-type is map`));
    else if (!(items?.required ?? []).includes(key) && property.default === undefined) errors.push(required(`${path}.items.properties[${key}].default`, `this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`));
    if (keys.indexOf(key) !== index) errors.push(invalid(`${path}.x-kubernetes-list-map-keys[${index}]`, key, 'must be unique'));
  });
}

function checkJudging(schema: SchemaProps, path: string, intOrString: boolean, errors: FieldErrors): void {
  for (const name of shaping) {
    // The one pattern that int-or-string fields are written with.
    if (name === 'type' && intOrString) continue;
    if (schema[name] !== undefined && schema[name] !== false) errors.push(forbidden(`${path}.${name}`, 'must be empty to be structural'));
  }
  checkWords(schema, path, errors);
  if (schema['x-kubernetes-validations'] !== undefined && schema['x-kubernetes-validations'].length > 0) errors.push(forbidden(`${path}.x-kubernetes-validations`, 'must be empty to be structural'));
  for (const [name, each] of sorted(schema.properties)) checkJudging(each, `${path}.properties[${name}]`, false, errors);
  if (isObject(schema.items as Json)) checkJudging(schema.items as SchemaProps, `${path}.items`, false, errors);
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) schema[name]?.forEach((each, index) => checkJudging(each, `${path}.${name}[${index}]`, intOrString, errors));
  if (schema.not !== undefined) checkJudging(schema.not, `${path}.not`, false, errors);
}

// ---------------------------------------------------------------- defaults

function checkDefaults(node: SchemaNode, path: string, errors: FieldErrors, isRoot: boolean): void {
  const value = node.props.default;
  if (value !== undefined) {
    if (isRoot) errors.push(forbidden(`${path}.default`, 'must not be set at the root'));
    else checkDefault(node, value, `${path}.default`, errors);
  }
  if (!node.hasDefaults) return;
  for (const [name, each] of [...node.properties].sort(([a], [b]) => (a < b ? -1 : 1))) checkDefaults(each, `${path}.properties[${name}]`, errors, false);
  if (node.items !== undefined) checkDefaults(node.items, `${path}.items`, errors, false);
  if (node.additional instanceof SchemaNode) checkDefaults(node.additional, `${path}.additionalProperties`, errors, false);
}

function checkDefault(node: SchemaNode, value: Json, path: string, errors: FieldErrors): void {
  const unknown: string[] = [];
  prune(value, node, false, unknown);
  if (unknown.length > 0) {
    errors.push(invalid(path, value, 'must not have unknown fields'));
    return;
  }
  const whole = applyDefaults(value, node);
  errors.push(...validateValue(whole, node, path));
  validateLists(whole, node, path, errors, false);
}

// ---------------------------------------------------------------- rules

/** `correlatable`: an old value can be found for what stands here. */
function checkRules(node: SchemaNode, path: string, errors: FieldErrors, isRoot: boolean, correlatable: boolean): void {
  if (!node.hasRules) return;
  const { rules, problems } = compileRules(node, isRoot);
  for (const problem of problems) errors.push(ruleError(problem, path));
  for (const rule of rules) {
    const index = (node.props['x-kubernetes-validations'] ?? []).indexOf(rule.rule);
    const at = `${path}.x-kubernetes-validations[${index}]`;
    if (rule.isTransition && !correlatable) errors.push(invalid(`${at}.rule`, rule.rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${path}`));
    if (rule.rule.reason !== undefined && rule.rule.reason !== '' && !reasons.includes(rule.rule.reason)) errors.push(notSupported(`${at}.reason`, rule.rule.reason, reasons));
    if (rule.rule.message !== undefined && rule.rule.message !== '' && rule.rule.message.trim() === '') errors.push(invalid(`${at}.message`, rule.rule.message, 'message must be non-empty if specified'));
    if (rule.rule.message?.trim().includes('\n') === true) errors.push(invalid(`${at}.message`, rule.rule.message, 'message must not contain line breaks'));
    if (rule.rule.rule.trim().includes('\n') && (rule.rule.message ?? '') === '') errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
  }
  for (const [name, each] of [...node.properties].sort(([a], [b]) => (a < b ? -1 : 1))) checkRules(each, `${path}.properties[${name}]`, errors, false, correlatable);
  if (node.items !== undefined) checkRules(node.items, `${path}.items`, errors, false, correlatable && node.listType === 'map');
  if (node.additional instanceof SchemaNode) checkRules(node.additional, `${path}.additionalProperties`, errors, false, correlatable);
}

const reasons = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate'];

function ruleError({ rule, index, part, detail, missing }: RuleProblem, path: string): ReturnType<typeof invalid> {
  const field = `${path}.x-kubernetes-validations[${index}].${part}`;
  if (missing === true) return required(field, detail);
  return { ...invalid(field, null, detail), valueText: ruleText(rule) };
}

/** As Go marshals the internal struct, whose fields have no other names. */
function ruleText(rule: ValidationRule): string {
  const fields = { Rule: rule.rule, Message: rule.message ?? '', MessageExpression: rule.messageExpression ?? '', Reason: rule.reason ?? null, FieldPath: rule.fieldPath ?? '', OptionalOldSelf: rule.optionalOldSelf ?? null };
  return JSON.stringify(fields).replace(/[<>&]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`);
}

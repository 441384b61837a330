// Values against their schema, in the words of kube-openapi: types, required fields, ranges, patterns, formats, enums, combinations.
import type { FieldError } from '../contract.ts';
import { sameJson } from '../meta/equality.ts';
import type { Json } from '../meta/object.ts';
import { invalid, notSupported, required, tooLong, tooMany, type FieldErrors } from '../validation/field-error.ts';
import { fitsFormat } from './formats.ts';
import { isList, isObject, own, type JsonObject, type SchemaNode } from './schema-node.ts';

/** How a value of an update stands to what was there: what did not change is not complained about again. */
export interface Old {
  readonly value: Json | undefined;
}

function typeOfJson(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const fitsType = (value: Json, type: string): boolean => {
  const actual = typeOfJson(value);
  return actual === type || (type === 'number' && actual === 'integer');
};

const inBody = (path: string): string => (path === '' ? ' in body' : `${path} in body`);
const child = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const index = (path: string, at: number): string => `${path}[${at}]`;

/** With `old`, parts that are the same as before are left alone (ratcheting). */
export function validateValue(value: Json, schema: SchemaNode, path: string, old?: Old): FieldErrors {
  const errors: FieldErrors = [];
  check(value, schema, path, errors, old);
  return errors;
}

function check(value: Json, schema: SchemaNode, path: string, errors: FieldErrors, old: Old | undefined): void {
  if (old !== undefined && old.value !== undefined && sameExactly(value, old.value)) return;
  if (!checkType(value, schema, path, errors)) return;
  if (value === null) return;
  checkCombinations(value, schema, path, errors);
  switch (typeof value) {
    case 'string':
      checkString(value, schema, path, errors);
      break;
    case 'number':
      checkNumber(value, schema, path, errors);
      break;
    default:
  }
  checkEnum(value, schema, path, errors);
  if (isList(value)) checkList(value, schema, path, errors, old);
  else if (isObject(value)) checkObject(value, schema, path, errors, old);
}

const sameExactly = (a: Json, b: Json): boolean => a === b || (typeof a === typeof b && sameJson(a, b));

function checkType(value: Json, schema: SchemaNode, path: string, errors: FieldErrors): boolean {
  if (value === null && schema.props.nullable === true) return true;
  if (schema.intOrString) {
    if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return true;
    errors.push(typeError(path, value, 'integer,string'));
    return false;
  }
  if (schema.type === undefined || fitsType(value, schema.type)) return true;
  errors.push(typeError(path, value, schema.type));
  return false;
}

function typeError(path: string, value: Json, type: string): FieldError {
  const actual = typeOfJson(value);
  return { type: 'TypeInvalid', field: path === '' ? '<nil>' : path, value: actual, detail: `${inBody(path)} must be of type ${type}: ${JSON.stringify(actual)}` };
}

function checkString(value: string, { props, pattern }: SchemaNode, path: string, errors: FieldErrors): void {
  const length = props.minLength === undefined && props.maxLength === undefined ? 0 : [...value].length;
  if (props.maxLength !== undefined && length > props.maxLength) errors.push(tooLong(path, props.maxLength));
  if (props.minLength !== undefined && length < props.minLength) errors.push(invalid(path, value, `${inBody(path)} should be at least ${props.minLength} chars long`));
  if (pattern !== undefined && !pattern.test(value)) errors.push(invalid(path, value, `${inBody(path)} should match '${props.pattern ?? ''}'`));
  if (props.format !== undefined && !fitsFormat(props.format, value)) errors.push({ type: 'TypeInvalid', field: path, value, detail: `${inBody(path)} must be of type ${props.format}: ${JSON.stringify(value)}` });
}

function checkNumber(value: number, { props }: SchemaNode, path: string, errors: FieldErrors): void {
  const { minimum, maximum, multipleOf } = props;
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf)) errors.push(invalid(path, value, `${inBody(path)} should be a multiple of ${multipleOf}`));
  if (maximum !== undefined && (props.exclusiveMaximum === true ? value >= maximum : value > maximum)) errors.push(invalid(path, value, `${inBody(path)} should be less than ${props.exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`));
  if (minimum !== undefined && (props.exclusiveMinimum === true ? value <= minimum : value < minimum)) errors.push(invalid(path, value, `${inBody(path)} should be greater than ${props.exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`));
  if (props.format === 'int32' && (value > 2_147_483_647 || value < -2_147_483_648)) errors.push(invalid(path, value, `Checked value must be of type integer with format int32 in ${path === '' ? 'body' : path}`));
}

function checkEnum(value: Json, { props }: SchemaNode, path: string, errors: FieldErrors): void {
  if (props.enum === undefined || props.enum.length === 0 || props.enum.some((each) => sameExactly(each, value))) return;
  errors.push(notSupported(path, value, props.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))));
}

function checkList(value: readonly Json[], schema: SchemaNode, path: string, errors: FieldErrors, old: Old | undefined): void {
  const { minItems, maxItems } = schema.props;
  const { items } = schema;
  if (items !== undefined) {
    const before = old === undefined ? undefined : oldItems(schema, old.value);
    value.forEach((item, at) => check(item, items, index(path, at), errors, before?.(item)));
  }
  if (minItems !== undefined && value.length < minItems) errors.push(invalid(path, value.length, `${inBody(path)} should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
}

/** Which old item an item is the successor of: the one with its keys; items of other lists have none. */
export function oldItems(schema: SchemaNode, old: Json | undefined): (item: Json) => Old {
  const before = isList(old) ? old : undefined;
  if (before === undefined || schema.listType !== 'map') return () => ({ value: undefined });
  const keyOf = (item: Json): string => JSON.stringify(schema.listKeys.map((key) => (isObject(item) ? (own(item, key) ?? schema.items?.properties.get(key)?.props.default ?? null) : null)));
  const known = new Map(before.map((item) => [keyOf(item), item]));
  return (item) => ({ value: known.get(keyOf(item)) });
}

function checkObject(value: JsonObject, schema: SchemaNode, path: string, errors: FieldErrors, old: Old | undefined): void {
  const { props } = schema;
  const before = old === undefined ? undefined : isObject(old.value) ? old.value : {};
  const count = props.minProperties === undefined && props.maxProperties === undefined ? 0 : Object.keys(value).length;
  if (props.minProperties !== undefined && count < props.minProperties) errors.push(invalid(path, count, `${inBody(path)} should have at least ${props.minProperties} properties`));
  if (props.maxProperties !== undefined && count > props.maxProperties) errors.push(tooMany(path, count, props.maxProperties));
  for (const name of props.required ?? []) if (own(value, name) === undefined) errors.push(required(child(path, name)));
  // In life fields are walked in no order at all (that of a Go map); here in one that is always the same.
  for (const name of Object.keys(value).sort().reverse()) {
    const schemaOf = schema.field(name);
    if (schemaOf === undefined) continue;
    check(value[name] as Json, schemaOf, child(path, name), errors, before === undefined ? undefined : { value: own(before, name) });
  }
}

const fits = (value: Json, schema: SchemaNode, path: string): boolean => validateValue(value, schema, path).length === 0;

function checkCombinations(value: Json, schema: SchemaNode, path: string, errors: FieldErrors): void {
  const { allOf, anyOf, oneOf, not } = schema;
  const quoted = JSON.stringify(path);
  if (anyOf.length > 0 && !anyOf.some((each) => fits(value, each, path))) {
    errors.push(invalid(path, '', `${quoted} must validate at least one schema (anyOf)`));
    // Said too is what the nearest of them found.
    errors.push(...nearest(value, anyOf, path));
  }
  if (oneOf.length > 0) {
    const count = oneOf.filter((each) => fits(value, each, path)).length;
    if (count === 0) errors.push(invalid(path, '', `${quoted} must validate one and only one schema (oneOf). Found none valid`), ...nearest(value, oneOf, path));
    else if (count > 1) errors.push(invalid(path, '', `${quoted} must validate one and only one schema (oneOf). Found ${count} valid alternatives`));
  }
  if (allOf.length > 0) {
    const problems = allOf.flatMap((each) => validateValue(value, each, path));
    if (problems.length > 0) errors.push(invalid(path, '', `${quoted} must validate all the schemas (allOf)`), ...problems);
  }
  if (not !== undefined && fits(value, not, path)) errors.push(invalid(path, '', `${quoted} must not validate the schema (not)`));
}

function nearest(value: Json, schemas: readonly SchemaNode[], path: string): FieldErrors {
  const found = schemas.map((each) => validateValue(value, each, path));
  return found.reduce((best, each) => (each.length < best.length ? each : best));
}

// What is wrong with a value that shall become an object without being JSON in between, as the result of a strategic merge does: in the words of
// apimachinery's unstructured converter, which says neither where nor what.
import { definitionOf, type Shape } from './structure.ts';

/** Of a whole object; undefined when it can be converted. */
export const convertProblem = (value: object, definition: string): string | undefined => problemOf(value, { kind: 'struct', definition });

function problemOf(value: unknown, shape: Shape): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case 'struct': {
      if (typeof value !== 'object' || Array.isArray(value)) return `cannot restore struct from: ${goKind(value)}`;
      const { fields } = definitionOf(shape.definition);
      return first(Object.entries(value), ([name, each]) => {
        const field = fields.get(name);
        return field === undefined ? undefined : problemOf(each, field.shape);
      });
    }
    case 'list':
      return Array.isArray(value) ? first(value as readonly unknown[], (each) => problemOf(each, shape.items)) : `cannot restore slice from ${goKind(value)}`;
    case 'map':
      return typeof value === 'object' && !Array.isArray(value) ? first(Object.values(value), (each) => problemOf(each, shape.values)) : `cannot restore map from ${goKind(value)}`;
    case 'string':
      return typeof value === 'string' ? undefined : typeof value === 'number' && Number.isInteger(value) ? 'cannot convert int64 to string' : 'unrecognized type: string';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'unrecognized type: bool';
    case 'int32':
    case 'int64':
      if (typeof value !== 'number') return `unrecognized type: ${shape.kind}`;
      return Number.isInteger(value) ? undefined : `cannot convert float64 to ${shape.kind}`;
    case 'double':
      return typeof value === 'number' ? undefined : 'unrecognized type: float64';
    case 'bytes':
      return typeof value === 'string' ? undefined : `cannot restore slice from ${goKind(value)}`;
    default:
      return undefined;
  }
}

function first<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : Number.isInteger(value) ? 'int64' : 'float64';
}

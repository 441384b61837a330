import { describe, expect, it } from 'vitest';
import { hasDuplicateFields, orderOfFields } from './json-duplicates.ts';

describe('fields that are named twice', () => {
  it('are found at any depth, by their paths, whatever texts hold', () => {
    expect(hasDuplicateFields('{"a":{"b":1},"b":[{"a":"a\\",\\"a"},{"a":2}]}')).toBe(false);
    const text = '{"a":1,"b":[{"x":1},{"x":1,"y":{"z":[],"z":{}},"x":2}],"\\u0061":3,"a":4}';
    expect(hasDuplicateFields(text)).toBe(true);
    expect(orderOfFields(text).duplicates).toEqual(['b[1].y.z', 'b[1].x', 'a']);
  });
  it('stand among the other problems where the text has them', () => {
    const { inOrder } = orderOfFields('{"spec":{"unknown":1,"a":1,"a":2,"late":3}}');
    expect(inOrder(['unknown field "spec.unknown"', 'unknown field "spec.late"'])).toEqual(['unknown field "spec.unknown"', 'duplicate field "spec.a"', 'unknown field "spec.late"']);
  });
});

import { expect, it } from 'vitest';
import { definitionNames, findDefinition } from './structure.ts';
import { describe as describeField } from './descriptions.ts';
import { ownDescriptionNames } from './own-descriptions.ts';

it('speaks of definitions and fields that exist, in whole sentences', () => {
  for (const [definition, fields] of ownDescriptionNames()) {
    const found = findDefinition(definition);
    expect(found, definition).toBeDefined();
    const names = new Set(found?.fields.keys());
    for (const [field, text] of fields) {
      if (field !== '') expect(names.has(field), `${definition}.${field}`).toBe(true);
      expect(text).toMatch(/^\S.*\.$/);
    }
  }
  expect(definitionNames().length).toBeGreaterThan(400);
});

it('stands where the authors\' words are not at hand', () => {
  expect(describeField('core.v1.PodSpec', 'containers')).toMatch(/^The containers/);
  expect(describeField('apps.v1.Deployment', 'spec')).toBe('What is wanted. Controllers work towards it.');
  expect(describeField('constructor', '__proto__')).toBe('');
});

import { describe, expect, test } from 'vitest';
import { openApiV2Document, openApiV3Document, openApiV3RootDocument } from './openapi.ts';
import { openApiV2Protobuf } from './openapi-protobuf.ts';
import { kinds } from './registry.ts';
import { hasReference, readReference } from './testing/reference.ts';

type Node = { readonly [key: string]: unknown };

/** Descriptions, defaults and the order of `required` aside; v3's `allOf: [{$ref}]` is v2's `$ref`, and Quantity's oneOf a string. */
function bare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bare);
  if (node === null || typeof node !== 'object') return node;
  const source = node as Node;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(source).sort()) {
    if (key === 'description' || key === 'default') continue;
    const value = source[key];
    if (key === 'properties') result[key] = Object.fromEntries(Object.entries(value as Node).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, bare(each)]));
    else if (key === 'required') result[key] = [...(value as string[])].sort();
    else if (key === 'allOf') Object.assign(result, bare((value as Node[])[0]));
    else if (key === '$ref') result[key] = String(value).replace('#/components/schemas/', '#/definitions/');
    else result[key] = bare(value);
  }
  return result;
}

function differences(reference: Readonly<Record<string, Node>>, served: Readonly<Record<string, Node>>, isV3: boolean): string[] {
  const found: string[] = [];
  for (const name of Object.keys(reference)) if (served[name] === undefined) found.push(`${name}: not served`);
  for (const name of Object.keys(served)) {
    const wanted = reference[name];
    if (wanted === undefined) found.push(`${name}: not in v1.36`);
    else if (isV3 && /\.(Quantity|IntOrString)$/.test(name)) continue;
    else if (JSON.stringify(bare(wanted)) !== JSON.stringify(bare(served[name]))) found.push(`${name}: ${JSON.stringify(bare(served[name]))} is not ${JSON.stringify(bare(wanted))}`);
  }
  return found;
}

describe('OpenAPI', () => {
  test('a document in protobuf begins with its version and names its definitions', () => {
    const bytes = openApiV2Protobuf(openApiV2Document(kinds.slice(0, 3), { title: 'Kubernetes', version: 'v1.36.2' }));
    expect([...bytes.subarray(0, 5)]).toEqual([10, 3, 50, 46, 48]);
    expect(new TextDecoder().decode(bytes)).toContain('io.k8s.api.core.v1.ConfigMap');
  });

  describe.skipIf(!hasReference)('equals that of v1.36 in structure (skipped without the reference)', () => {
    const reference = hasReference ? readReference<{ definitions: Readonly<Record<string, Node>> }>('definitions.json').definitions : {};

    test('/openapi/v2', () => {
      expect(differences(reference, (openApiV2Document(kinds, { title: 'Kubernetes', version: 'v1.36.2' }) as { definitions: Readonly<Record<string, Node>> }).definitions, false)).toEqual([]);
    });

    test('/openapi/v3, all documents together', () => {
      const schemas: Record<string, Node> = {};
      const add = (document: unknown): void => void Object.assign(schemas, (document as { components: { schemas: Record<string, Node> } }).components.schemas);
      for (const groupVersion of new Set(kinds.map((kind) => `${kind.group}/${kind.version}`))) add(openApiV3Document(kinds.filter((kind) => `${kind.group}/${kind.version}` === groupVersion), { title: 'Kubernetes', version: 'v1.36.2' }));
      for (const path of ['api', 'apis', 'version', 'apis/apps']) add(openApiV3RootDocument(path, { title: 'Kubernetes', version: 'v1.36.2' }));
      expect(differences(reference, schemas, true)).toEqual([]);
    });
  });
});

// Facts of a real v1.36 to compare with. They are outside the repository: where they are absent, the tests that need them say so and are skipped.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const referenceFolder = process.env['TERRARIUM_REFERENCE'] ?? fileURLToPath(new URL('../../../../shared/reference/', import.meta.url));
export const hasReference = existsSync(`${referenceFolder}/definitions.json`);

export function readReference<T>(name: string): T {
  return JSON.parse(readFileSync(`${referenceFolder}/${name}`, 'utf8')) as T;
}

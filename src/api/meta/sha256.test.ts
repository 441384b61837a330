import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generatedNameHash, sha256Hex } from './sha256.ts';

describe('SHA-256', () => {
  test('as the platform computes it, over every padding', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 200]) expect(sha256Hex('a'.repeat(length)), String(length)).toBe(createHash('sha256').update('a'.repeat(length)).digest('hex'));
    expect(sha256Hex('파드')).toBe(createHash('sha256').update('파드').digest('hex'));
  });

  test('names as kubectl --append-hash gives them', () => {
    expect(generatedNameHash({ kind: 'ConfigMap', metadata: { name: 'b' }, data: { k: 'v' } })).toBe('ttt7bfg44f');
    expect(generatedNameHash({ kind: 'Secret', metadata: { name: 's3' }, data: { user: 'YWRtaW4=' } })).toBe('7t7fh42b68');
  });
});

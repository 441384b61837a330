import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mixText, weigh } from './weight.ts';

test('the checksum is CRC-32C', () => {
  // Of "123456789" with the usual inversions, as every table of CRCs has it.
  expect(~mixText(-1, '123456789') >>> 0).toBe(0xe3069283);
});

test('equal values have equal checksums, changed ones others; a value weighs about what its JSON takes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
      const copy = JSON.parse(JSON.stringify(a)) as unknown;
      expect(weigh(copy)).toEqual(weigh(a));
      if (JSON.stringify(a) !== JSON.stringify(b)) expect(weigh({ a, value: b }).crc).not.toBe(weigh({ a: b, value: a }).crc);
    }),
  );
  const pod = { metadata: { name: 'web-1', namespace: 'default', labels: { app: 'web' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] } };
  const { length } = JSON.stringify(pod);
  expect(weigh(pod).bytes).toBeGreaterThan(length * 0.8);
  expect(weigh(pod).bytes).toBeLessThan(length * 1.2);
});

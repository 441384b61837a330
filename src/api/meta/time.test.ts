import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { decodeBase64, decodeBase64Bytes, encodeBase64 } from './base64.ts';
import { fnv32a, safeEncodeString } from './hash.ts';
import { generatedName, isDns1123Label, isQualifiedName } from './names.ts';
import { civilTime, formatDuration, formatMicroTime, formatTime, humanDuration, parseDuration, parseTime } from './time.ts';

describe('times', () => {
  it('are those of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
        expect(formatTime(ms)).toBe(`${new Date(ms).toISOString().slice(0, 19)}Z`);
        expect(parseTime(new Date(ms).toISOString())).toBe(ms);
        expect(civilTime(ms).weekday).toBe(new Date(ms).getUTCDay());
      }),
    );
    expect(formatMicroTime(1_700_000_000_123)).toBe('2023-11-14T22:13:20.123000Z');
    expect(parseTime('2026-02-30T00:00:00Z')).toBeUndefined();
    expect(parseTime('2026-01-01T09:00:00+09:00')).toBe(parseTime('2026-01-01T00:00:00Z'));
  });

  it.each([
    [500, '0s'], [119_000, '119s'], [120_000, '2m'], [125_000, '2m5s'], [599_000, '9m59s'], [600_000, '10m'], [10_799_000, '179m'], [10_800_000, '3h'], [11_100_000, '3h5m'], [28_800_000, '8h'], [172_800_000, '2d'], [180_000_000, '2d2h'], [691_200_000, '8d'], [-5000, '<invalid>'],
  ])('%d ms reads %s', (ms, text) => expect(humanDuration(ms)).toBe(text));

  it('durations are Go’s', () => {
    expect([0, 300, 1500, 90_000, 3_600_000].map(formatDuration)).toEqual(['0s', '300ms', '1.5s', '1m30s', '1h0m0s']);
    expect(['1h0m0s', '1.5s', '300ms', '5', '0'].map(parseDuration)).toEqual([3_600_000, 1500, 300, undefined, 0]);
  });
});

describe('small things', () => {
  it('base64 is Node’s', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(encodeBase64(text)).toBe(Buffer.from(text.toWellFormed(), 'utf8').toString('base64'));
      expect(decodeBase64(Buffer.from(text, 'utf8').toString('base64'))).toBe(text.toWellFormed());
    }));
    expect(decodeBase64Bytes('a')).toBeUndefined();
    expect(decodeBase64Bytes('YQ=')).toBeUndefined();
    expect(decodeBase64Bytes('YQ==')).toEqual([97]);
  });

  it('hashes and names', () => {
    expect(fnv32a('')).toBe(0x811c9dc5);
    expect(fnv32a('a')).toBe(0xe40c292c);
    expect(fnv32a('foobar')).toBe(0xbf9cf968);
    // The alphabet's letter at the character's code, as rand.SafeEncodeString.
    expect(safeEncodeString('0123456789')).toBe('456789bcdf');
    expect(generatedName('web-', () => 0)).toBe('web-bbbbb');
    expect(isDns1123Label('a.b')).toEqual(['must not contain dots']);
    expect(isQualifiedName('example.com/x')).toEqual([]);
    expect(isQualifiedName('/x')[0]).toBe('prefix part must be non-empty');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteTextDecoder, byteLengthOf, bytesOfText, indexAfterBytes, textOfBytes } from './byte-text.ts';

describe('bytes as text', () => {
  it('reads UTF-8 as what it says', () => {
    expect(textOfBytes(new TextEncoder().encode('a 한글 😀'))).toBe('a 한글 😀');
  });

  it('gives every byte back, however it was cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
        const decoder = new ByteTextDecoder();
        const text = decoder.decode(bytes.subarray(0, cut)) + decoder.decode(bytes.subarray(cut), true);
        expect(text).toBe(textOfBytes(bytes));
        expect([...bytesOfText(text)]).toEqual([...bytes]);
        expect(byteLengthOf(text)).toBe(bytes.length);
        expect(indexAfterBytes(text, 0, bytes.length)).toBe(text.length);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { addQuantity, canonicalQuantity, compareQuantity, formatQuantity, milliValue, parseQuantity, quantityFormatProblem, quantityOf, quantitySuffixProblem, wholeValue } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['0.5', '500m'], ['1', '1'], ['1000m', '1'], ['1500m', '1500m'], ['1024Mi', '1Gi'], ['1536Mi', '1536Mi'], ['1000', '1k'], ['0', '0'], ['0.1', '100m'], ['1e3', '1e3'], ['12e6', '12e6'],
    ['3840Mi', '3840Mi'], ['100Ki', '100Ki'], ['1023', '1023'], ['0.5Gi', '512Mi'], ['1.5Gi', '1536Mi'], ['0.5Ki', '512'], ['-5', '-5'], ['5n', '5n'], ['.5', '500m'], ['1.', '1'], ['64M', '64M'], ['1E', '1E'], ['1Ki', '1Ki'], ['0Mi', '0'],
  ])('%s is kept as %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical));

  it.each([
    ['two', quantityFormatProblem], ['', quantityFormatProblem], ['1Zi', quantityFormatProblem], ['1 Gi', quantityFormatProblem], ['1mm', quantitySuffixProblem], ['1iK', quantitySuffixProblem],
  ])('%j is none', (text, problem) => expect(parseQuantity(text)).toBe(problem));

  it('counts', () => {
    expect(milliValue('100m')).toBe(100);
    expect(milliValue('2')).toBe(2000);
    expect(milliValue('1u')).toBe(1);
    expect(wholeValue('1Gi')).toBe(1_073_741_824);
    expect(wholeValue('1500m')).toBe(2);
    expect(wholeValue(undefined)).toBe(0);
    expect(formatQuantity(addQuantity(quantityOf('100m'), quantityOf('1')))).toBe('1100m');
    expect(formatQuantity(addQuantity(quantityOf('0'), quantityOf('1Gi')))).toBe('1Gi');
    expect(compareQuantity(quantityOf('1Gi'), quantityOf('1G'))).toBe(1);
  });
});

// What a plain scalar means, by the rules of go-yaml v2 (YAML 1.1 as Kubernetes reads it: `yes` and `on` are booleans, 0644 is octal).

export type Scalar = string | number | boolean | null;

const words: Readonly<Record<string, Scalar>> = (() => {
  const table: Record<string, Scalar> = Object.create(null) as Record<string, Scalar>;
  for (const word of ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']) table[word] = true;
  for (const word of ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']) table[word] = false;
  for (const word of ['', '~', 'null', 'Null', 'NULL']) table[word] = null;
  for (const word of ['.nan', '.NaN', '.NAN']) table[word] = NaN;
  for (const word of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']) table[word] = Infinity;
  for (const word of ['-.inf', '-.Inf', '-.INF']) table[word] = -Infinity;
  return table;
})();

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

export function resolveScalar(text: string): Scalar {
  const word = words[text];
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  if (/^[-+]?(0|[1-9][0-9]*)$/.test(plain)) return Number(plain);
  const based = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)$/.exec(plain);
  if (based !== null) {
    const digits = based[2] as string;
    const value = /^0[0-7]/.test(digits) ? parseInt(digits, 8) : Number(digits);
    return based[1] === '-' ? -value : value;
  }
  if (float.test(plain)) return Number(plain);
  return text;
}

/** Sexagesimal numbers are strings to go-yaml, but it quotes them for the sake of others. */
export function isBase60(text: string): boolean {
  return /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
}

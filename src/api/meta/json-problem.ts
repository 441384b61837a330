// What is wrong with a text that is no JSON, in the words of Go's encoding/json: the same in every engine.

/** `invalid character 'x' looking for beginning of value`; empty when nothing is wrong. */
export function jsonProblem(text: string): string {
  const scan = new Scan(text);
  try {
    scan.space();
    scan.value();
    scan.space();
    if (scan.at < text.length) scan.fail('after top-level value');
  } catch (problem) {
    if (problem instanceof Found) return problem.message;
    throw problem;
  }
  return '';
}

class Found extends Error {}

class Scan {
  at = 0;
  private readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  fail(where: string): never {
    if (this.at >= this.text.length) throw new Found('unexpected end of JSON input');
    throw new Found(`invalid character ${quote(String.fromCodePoint(this.text.codePointAt(this.at) ?? 0))} ${where}`);
  }

  space(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? 'x')) this.at++;
  }

  value(): void {
    const letter = this.text[this.at] ?? '';
    if (letter === '{') this.object();
    else if (letter === '[') this.array();
    else if (letter === '"') this.string();
    else if (letter === 't') this.literal('true');
    else if (letter === 'f') this.literal('false');
    else if (letter === 'n') this.literal('null');
    else if (letter !== '' && '-0123456789'.includes(letter)) this.number();
    else this.fail('looking for beginning of value');
  }

  private object(): void {
    this.at++;
    this.space();
    if (this.take('}')) return;
    for (;;) {
      if (this.text[this.at] !== '"') this.fail('looking for beginning of object key string');
      this.string();
      this.space();
      if (!this.take(':')) this.fail('after object key');
      this.space();
      this.value();
      this.space();
      if (this.take('}')) return;
      if (!this.take(',')) this.fail('after object key:value pair');
      this.space();
    }
  }

  private array(): void {
    this.at++;
    this.space();
    if (this.take(']')) return;
    for (;;) {
      this.value();
      this.space();
      if (this.take(']')) return;
      if (!this.take(',')) this.fail('after array element');
      this.space();
    }
  }

  private string(): void {
    this.at++;
    for (;;) {
      const letter = this.text[this.at];
      if (letter === undefined || letter < ' ') this.fail('in string literal');
      this.at++;
      if (letter === '"') return;
      if (letter === '\\') this.escape();
    }
  }

  private escape(): void {
    const letter = this.text[this.at] ?? '';
    if (letter === '' || !'"\\/bfnrtu'.includes(letter)) this.fail('in string escape code');
    this.at++;
    if (letter !== 'u') return;
    for (let digit = 0; digit < 4; digit++, this.at++) if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? '')) this.fail('in \\u hexadecimal character escape');
  }

  private literal(word: string): void {
    for (const letter of word) if (!this.take(letter)) this.fail(`in literal ${word} (expecting ${quote(letter)})`);
  }

  private number(): void {
    this.take('-');
    if (!this.take('0') && !this.digits()) this.fail('in numeric literal');
    if (this.take('.') && !this.digits()) this.fail('after decimal point in numeric literal');
    if (this.take('e') || this.take('E')) {
      if (!this.take('+')) this.take('-');
      if (!this.digits()) this.fail('in exponent of numeric literal');
    }
  }

  private digits(): boolean {
    const from = this.at;
    while (/[0-9]/.test(this.text[this.at] ?? '')) this.at++;
    return this.at > from;
  }

  private take(letter: string): boolean {
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }
}

/** As Go quotes one character. */
function quote(letter: string): string {
  if (letter === "'") return `'\\''`;
  if (letter === '"') return `'"'`;
  return `'${JSON.stringify(letter).slice(1, -1)}'`;
}

// What a pseudo-terminal does between a person's keys and a program that reads lines: a real client sends its terminal raw, so echo, erasing and
// the end of input are made here (termios: ICANON, ECHO, ICRNL, ONLCR).
export interface LineReader {
  /** Text for the program. */
  input(text: string): void;
  /** The person ended the input. */
  endOfInput(): void;
  echo(text: string): void;
}

const erasing = new Set(['\u007f', '\b']);

/** Columns that a character takes: Hangul, kana and Han take two. */
function columnsOf(character: string): number {
  const code = character.codePointAt(0) as number;
  const wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xff60) || code >= 0x1f300;
  return wide ? 2 : 1;
}

export class LineDiscipline {
  private readonly reader: LineReader;
  private line: string[] = [];
  /** Within an escape sequence: an arrow key means nothing to a line. */
  private escape = '';

  constructor(reader: LineReader) {
    this.reader = reader;
  }

  type(text: string): void {
    for (const character of text) this.key(character);
  }

  private key(character: string): void {
    if (this.escape !== '') {
      this.escape += character;
      if (this.escape.length > 2 ? /[@-~]/.test(character) : character !== '[' && character !== 'O') this.escape = '';
      return;
    }
    if (character === '\u001b') this.escape = character;
    else if (character === '\r' || character === '\n') this.enter('\n', '\r\n');
    else if (erasing.has(character)) this.erase(1);
    else if (character === '\u0015') this.erase(this.line.length);
    else if (character === '\u0017') this.eraseWord();
    else if (character === '\u0004') this.end();
    else if (character === '\u0003') this.interrupt();
    else if (character >= ' ' || character === '\t') {
      this.line.push(character);
      this.reader.echo(character);
    }
  }

  private enter(end: string, echo: string): void {
    const text = this.line.join('');
    this.line = [];
    this.reader.echo(echo);
    this.reader.input(text + end);
  }

  private erase(count: number): void {
    for (let i = 0; i < count && this.line.length > 0; i++) {
      const columns = columnsOf(this.line.pop() as string);
      this.reader.echo('\b'.repeat(columns) + ' '.repeat(columns) + '\b'.repeat(columns));
    }
  }

  private eraseWord(): void {
    while (this.line.at(-1) === ' ') this.erase(1);
    while (this.line.length > 0 && this.line.at(-1) !== ' ') this.erase(1);
  }

  private end(): void {
    if (this.line.length > 0) this.enter('', '');
    else this.reader.endOfInput();
  }

  private interrupt(): void {
    this.line = [];
    this.reader.echo('^C\r\n');
    this.reader.input('\u0003');
  }
}

/** As the terminal driver sends what programs write. */
export const forTerminal = (text: string): string => text.replace(/\r?\n/g, '\r\n');

// A place in YAML text that moves on, and knows its line and column; what counts as a blank and as the end of a line is YAML's.

export interface Mark {
  /** All from 0. */
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

export class TextCursor {
  protected readonly text: string;
  protected index = 0;
  protected line = 0;
  protected column = 0;

  /** A byte order mark is no part of the text. */
  constructor(text: string) {
    this.text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  protected mark(): Mark {
    return { index: this.index, line: this.line, column: this.column };
  }
  protected at(offset = 0): string {
    return this.text[this.index + offset] ?? '';
  }
  protected isBlank(offset = 0): boolean {
    const c = this.at(offset);
    return c === ' ' || c === '\t';
  }
  protected isBreak(offset = 0): boolean {
    const c = this.at(offset);
    return c === '\n' || c === '\r' || c === '\u0085' || c === '\u2028' || c === '\u2029';
  }
  protected isEnd(offset = 0): boolean {
    return this.index + offset >= this.text.length;
  }
  protected isBlankOrEnd(offset = 0): boolean {
    return this.isEnd(offset) || this.isBlank(offset) || this.isBreak(offset);
  }
  protected skip(count = 1): void {
    this.index += count;
    this.column += count;
  }
  protected skipLine(): void {
    this.index += this.at() === '\r' && this.at(1) === '\n' ? 2 : 1;
    this.column = 0;
    this.line++;
  }
  protected readLine(): string {
    const c = this.at();
    this.skipLine();
    return c === '\r' || c === '\n' || c === '\u0085' ? '\n' : c;
  }
}

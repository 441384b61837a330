// Go's text/tabwriter, as kubectl uses it: cells ended by tabs, columns as wide as their block of lines needs.

export interface TabWriterOptions {
  readonly minWidth: number;
  readonly padding: number;
  /** liggitt/tabwriter: columns never become narrower from one flush to the next (for -w). */
  readonly rememberWidths?: boolean;
}

/** The table printer of `kubectl get`. */
export const tableOptions: TabWriterOptions = { minWidth: 6, padding: 3, rememberWidths: true };

export class TabWriter {
  private buffer = '';
  private readonly options: TabWriterOptions;
  private readonly remembered: number[] = [];

  constructor(options: TabWriterOptions) {
    this.options = options;
  }

  write(text: string): void {
    this.buffer += text;
  }

  /** The formatted text of everything written since the last flush. */
  flush(): string {
    const text = this.buffer;
    this.buffer = '';
    if (text === '') return '';
    const lines = text.split('\n').map((line) => line.split('\t'));
    const out: string[] = lines.map(() => '');
    this.format(lines, out, [], 0, lines.length);
    return out.join('\n');
  }

  private format(lines: readonly (readonly string[])[], out: string[], widths: number[], from: number, to: number): void {
    const column = widths.length;
    let start = from;
    for (let index = from; index < to; index++) {
      if (column >= (lines[index] as readonly string[]).length - 1) continue;
      this.writeLines(lines, out, widths, start, index);
      start = index;
      let width = this.options.minWidth;
      for (; index < to; index++) {
        const line = lines[index] as readonly string[];
        if (column >= line.length - 1) break;
        width = Math.max(width, widthOf(line[column] as string) + this.options.padding);
      }
      if (this.options.rememberWidths === true) {
        width = Math.max(width, this.remembered[column] ?? 0);
        this.remembered[column] = width;
      }
      widths.push(width);
      this.format(lines, out, widths, start, index);
      widths.pop();
      start = index;
      // The line that ended the block may begin the next one of an outer column, never of this one.
    }
    this.writeLines(lines, out, widths, start, to);
  }

  private writeLines(lines: readonly (readonly string[])[], out: string[], widths: readonly number[], from: number, to: number): void {
    for (let index = from; index < to; index++) {
      let text = '';
      (lines[index] as readonly string[]).forEach((cell, column) => {
        text += cell;
        const width = widths[column];
        if (width !== undefined) text += ' '.repeat(Math.max(0, width - widthOf(cell)));
      });
      out[index] = text;
    }
  }
}

function widthOf(text: string): number {
  let width = 0;
  for (const _ of text) width++;
  return width;
}

// Problems of an expression, printed as cel-go prints them: where, what, the line, and a mark below the place.

export interface Problem {
  /** Offset in the text, in code units. */
  readonly at: number;
  readonly message: string;
}

/**
 * `ERROR: <input>:1:5: undeclared reference to 'x' (in container '')\n | a + x\n | ....^`; several are joined by line breaks, in the order of
 * their places.
 */
export function formatProblems(text: string, problems: readonly Problem[]): string {
  const lines = text.split('\n');
  const starts: number[] = [];
  let offset = 0;
  for (const line of lines) {
    starts.push(offset);
    offset += line.length + 1;
  }
  const placed = problems.map(({ at, message }) => {
    let line = 0;
    while (line + 1 < starts.length && (starts[line + 1] as number) <= at) line++;
    const column = [...text.slice(starts[line], at)].length;
    return { line, column, message };
  });
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  return placed
    .slice(0, 100)
    .map(({ line, column, message }) => {
      const snippet = (lines[line] ?? '').replaceAll('\t', ' ');
      return `ERROR: <input>:${line + 1}:${column + 1}: ${message}\n | ${snippet}\n | ${'.'.repeat(column)}^`;
    })
    .join('\n');
}

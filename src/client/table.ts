// Tables, sizes and durations as etcd's command lines print them: headers centred, cells to the right.

const visible = (text: string): number => [...text].length;

export function drawTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, i) => Math.max(visible(name), ...rows.map((row) => visible(row[i] ?? ''))));
  const line = (left: string, middle: string, right: string): string => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const out = [line('┌', '┬', '┐'), `│${header.map((name, i) => ` ${centre(name, widths[i] as number)} `).join('│')}│`, line('├', '┼', '┤')];
  for (const row of rows) {
    const cells = widths.map((width, i) => {
      const text = row[i] ?? '';
      return ' '.repeat(width - visible(text)) + text;
    });
    out.push(`│ ${cells.join(' │ ')} │`);
  }
  out.push(line('└', '┴', '┘'));
  return out.join('\n') + '\n';
}

function centre(text: string, width: number): string {
  const free = width - visible(text);
  const left = free >> 1;
  return ' '.repeat(left) + text + ' '.repeat(free - left);
}

/** As go-humanize writes bytes: `20 kB`, `1.5 MB`. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return `${bytes} B`;
  return `${value < 10 ? String(Math.floor(value * 10 + 0.5) / 10) : String(Math.floor(value + 0.5))} ${units[unit] as string}`;
}

/** As Go prints a duration. */
export function goDuration(ms: number): string {
  if (ms < 1) return `${trim((ms * 1000).toFixed(3))}µs`;
  if (ms < 1000) return `${trim(ms.toFixed(6))}ms`;
  return `${trim((ms / 1000).toFixed(9))}s`;
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

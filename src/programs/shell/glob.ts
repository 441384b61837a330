// Shell patterns: * ? [a-z].

/** A regular expression for one pattern; characters in `literal` places stand for themselves. */
export function globToRegExp(pattern: string, literal: ReadonlySet<number> = new Set()): RegExp {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (literal.has(i)) out += escape(c);
    else if (c === '*') out += '[^/]*';
    else if (c === '?') out += '[^/]';
    else if (c === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end < 0) out += '\\[';
      else {
        const inner = pattern.slice(i + 1, end);
        out += `[${inner.startsWith('!') ? `^${inner.slice(1)}` : inner}]`.replaceAll('\\', '\\\\');
        i = end;
      }
    } else out += escape(c);
  }
  return new RegExp(`^${out}$`, 's');
}

/** For `case` and `${x#pattern}`, where * also matches slashes. */
export function matchPattern(pattern: string, text: string): boolean {
  return new RegExp(globToRegExp(pattern).source.replaceAll('[^/]', '[\\s\\S]'), 's').test(text);
}

function escape(c: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}

export function hasPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

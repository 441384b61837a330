// $(( ... )): whole numbers, the usual operators, variables by name, assignment.

export function evaluateArithmetic(text: string, read: (name: string) => string, write: (name: string, value: string) => void): number {
  const tokens = text.match(/\d+|[A-Za-z_]\w*|\*\*|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|\/=|%=|\+\+|--|[-+*/%()<>!~&|^?:=]/g) ?? [];
  let at = 0;
  const take = (wanted: string): boolean => {
    if (tokens[at] !== wanted) return false;
    at++;
    return true;
  };
  const levels: readonly (readonly string[])[] = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<', '<=', '>', '>='], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];
  const primary = (): number => {
    if (take('(')) {
      const value = ternary();
      take(')');
      return value;
    }
    if (take('!')) return primary() === 0 ? 1 : 0;
    if (take('-')) return -primary();
    if (take('+')) return primary();
    if (take('~')) return ~primary();
    const token = tokens[at++] ?? '0';
    if (/^\d/.test(token)) return Number(token);
    if (!/^[A-Za-z_]/.test(token)) throw new Error(`arithmetic expression: expecting primary: "${text}"`);
    const now = (): number => Number(read(token)) || 0;
    for (const operator of ['=', '+=', '-=', '*=', '/=', '%=']) {
      if (tokens[at] !== operator) continue;
      at++;
      const right = ternary();
      const value = operator === '=' ? right : operator === '+=' ? now() + right : operator === '-=' ? now() - right : operator === '*=' ? now() * right : operator === '/=' ? Math.trunc(now() / right) : now() % right;
      write(token, String(value));
      return value;
    }
    if (take('++')) {
      write(token, String(now() + 1));
      return now() - 1;
    }
    if (take('--')) {
      write(token, String(now() - 1));
      return now() + 1;
    }
    return now();
  };
  const binary = (level: number): number => {
    if (level >= levels.length) return primary();
    let left = binary(level + 1);
    for (;;) {
      const operator = tokens[at];
      if (operator === undefined || !(levels[level] as readonly string[]).includes(operator)) return left;
      at++;
      const right = binary(level + 1);
      left = apply(operator, left, right);
    }
  };
  const ternary = (): number => {
    const condition = binary(0);
    if (!take('?')) return condition;
    const yes = ternary();
    take(':');
    const no = ternary();
    return condition !== 0 ? yes : no;
  };
  return ternary();
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/':
      if (b === 0) throw new Error('divide by zero');
      return Math.trunc(a / b);
    case '%':
      if (b === 0) throw new Error('divide by zero');
      return a % b;
    case '<<': return a << b;
    case '>>': return a >> b;
    case '<': return Number(a < b);
    case '<=': return Number(a <= b);
    case '>': return Number(a > b);
    case '>=': return Number(a >= b);
    case '==': return Number(a === b);
    case '!=': return Number(a !== b);
    case '&': return a & b;
    case '|': return a | b;
    case '^': return a ^ b;
    case '&&': return Number(a !== 0 && b !== 0);
    default: return Number(a !== 0 || b !== 0);
  }
}

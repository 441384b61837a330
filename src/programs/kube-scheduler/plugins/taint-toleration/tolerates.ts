// Does a list of tolerations cover a taint?
import type { Taint, Toleration } from '../../objects.ts';

export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  for (const toleration of tolerations) if (toleratesOne(toleration, taint)) return true;
  return false;
}

function toleratesOne(toleration: Toleration, taint: Taint): boolean {
  const { key = '', effect = '', operator = 'Equal' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  switch (operator) {
    case 'Exists':
      return true;
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Gt':
    case 'Lt': {
      if (!/^-?\d+$/.test(taint.value ?? '') || !/^-?\d+$/.test(toleration.value ?? '')) return false;
      return operator === 'Gt' ? Number(taint.value) > Number(toleration.value) : Number(taint.value) < Number(toleration.value);
    }
    default:
      return false;
  }
}

// What a fault of the network does, in a sentence: on the timeline, and where faults are listed.
import type { FaultRule } from '../kernel/world.ts';
import { sentence, type Sentence } from './sentences.ts';

export function faultSentence(name: string, rule: FaultRule): Sentence {
  const from = rule.from.join(', ');
  const to = rule.to.join(', ');
  if (rule.kind === 'slow') return sentence('input.slow', { name, from, to, ms: rule.delayMs ?? 0 });
  if (rule.kind === 'lossy') return sentence('input.lossy', { name, from, to, percent: Math.round((rule.probability ?? 0) * 100) });
  if (rule.to.includes('*')) return sentence('input.cut-off', { name, from });
  return sentence(rule.oneWay === true ? 'input.cut-one-way' : 'input.cut', { name, from, to });
}

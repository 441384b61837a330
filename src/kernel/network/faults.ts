// What may happen to a packet between two machines: rules answer pass, drop or a delay.
import type { Random } from '../host.ts';
import type { FaultRule, Packet, Verdict } from '../world.ts';

function names(list: readonly string[], other: readonly string[], machine: string): boolean {
  return list.includes(machine) || (list.includes('*') && !other.includes(machine));
}

function applies(rule: FaultRule, packet: Packet): boolean {
  if (rule.family !== undefined && rule.family !== packet.family) return false;
  const { from, to } = packet;
  if (names(rule.from, rule.to, from.machine) && names(rule.to, rule.from, to.machine)) return true;
  return rule.oneWay !== true && names(rule.to, rule.from, from.machine) && names(rule.from, rule.to, to.machine);
}

/** All rules together: any drop drops, delays add up. */
export function judge(rules: Iterable<FaultRule>, packet: Packet, random: Random): Verdict {
  let delayMs = 0;
  for (const rule of rules) {
    if (!applies(rule, packet)) continue;
    if (rule.kind === 'cut') return 'drop';
    if (rule.kind === 'lossy') {
      if (random.next() < (rule.probability ?? 0.5)) return 'drop';
    } else delayMs += rule.delayMs ?? 0;
  }
  return delayMs > 0 ? { delayMs } : 'pass';
}

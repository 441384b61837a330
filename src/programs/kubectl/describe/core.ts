// kubectl describe namespace
import type { Task } from '../../../kernel/task.ts';
import { itemsOf } from '../builder.ts';
import { Kubectl } from '../kubectl.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { limitRows, quotaRows, scopeHelp } from './policy.ts';
import { annotationsMultiline, DescribeWriter, labelsMultiline } from './writer.ts';

export function* describeNamespace({ k, object }: Subject): Task<string> {
  const { metadata, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Status:\t${status.phase ?? ''}`);
  const conditions: Any[] = status.conditions ?? [];
  if (conditions.length > 0) {
    w.line('Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage');
    w.at(1, '----\t------\t------------------\t------\t-------');
    for (const each of conditions) w.at(1, `${each.type}\t${each.status}\t${each.lastTransitionTime ?? ''}\t${each.reason ?? ''}\t${each.message ?? ''}`);
  }
  const quotaKind = Kubectl.mapping('', 'v1', 'resourcequotas', 'ResourceQuota');
  const quotas = itemsOf(yield* k.call('GET', k.path(quotaKind, metadata.name), { query: { limit: '500' } }), quotaKind);
  const limitKind = Kubectl.mapping('', 'v1', 'limitranges', 'LimitRange');
  const limits = itemsOf(yield* k.call('GET', k.path(limitKind, metadata.name), { query: { limit: '500' } }), limitKind);
  w.line('');
  if (quotas.length === 0) w.line('No resource quota.');
  else {
    w.line('Resource Quotas');
    for (const quota of quotas) {
      w.at(1, `Name:\t${quota.metadata.name}`);
      const scopes: string[] = [...(quota.spec?.scopes ?? [])].sort();
      if (scopes.length > 0) w.at(1, `Scopes:\t${scopes.join(', ')}`);
      for (const scope of scopes) if (scopeHelp[scope] !== undefined) w.at(1, `* ${scopeHelp[scope]}`);
      w.at(1, 'Resource\tUsed\tHard');
      w.at(1, '--------\t---\t---');
      for (const row of quotaRows(quota)) w.at(1, row);
    }
  }
  w.line('');
  if (limits.length === 0) w.line('No LimitRange resource.');
  else {
    w.line('Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio');
    w.line(' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------');
    for (const each of limits) for (const row of limitRows(each)) w.line(` ${row}`);
  }
  return w.text();
}

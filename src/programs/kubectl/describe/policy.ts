// kubectl describe role(binding) | clusterrole(binding) | quota | limitrange | pdb | priorityclass | hpa | csr
import type { Task } from '../../../kernel/task.ts';
import { selectorText } from '../commands/act.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { annotationsMultiline, DescribeWriter, eventsSection, labelsMultiline, namedLines, orNone, rfc1123 } from './writer.ts';

export function* describeRole({ object }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.line('PolicyRule:');
  w.at(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  w.at(1, '---------\t-----------------\t--------------\t-----');
  const rows = new Map<string, { resource: string; urls: string; names: string; verbs: string[]; group: string; plain: string }>();
  for (const rule of object.rules ?? []) {
    const add = (group: string, plain: string, urls: readonly string[], names: readonly string[]): void => {
      const [kind = '', ...sub] = plain.split('/');
      const resource = group === '' ? plain : [`${kind}.${group}`, ...sub].join('/');
      const id = `${resource}|${urls.join(' ')}|${names.join(' ')}`;
      const row = rows.get(id);
      if (row === undefined) rows.set(id, { resource, urls: `[${urls.join(' ')}]`, names: `[${names.join(' ')}]`, verbs: [...(rule.verbs ?? [])], group, plain });
      else row.verbs.push(...(rule.verbs ?? []).filter((verb: string) => !row.verbs.includes(verb)));
    };
    const names: string[] = rule.resourceNames ?? [];
    for (const group of rule.apiGroups ?? []) for (const resource of rule.resources ?? []) for (const name of names.length === 0 ? [undefined] : names) add(group, resource, [], name === undefined ? [] : [name]);
    for (const url of rule.nonResourceURLs ?? []) add('', '', [url], []);
  }
  // As Go sorts the rules by their text form.
  const text = (row: { group: string; plain: string; urls: string; names: string; verbs: readonly string[] }): string => `Verbs:[${row.verbs.join(' ')}],APIGroups:[${row.group}],Resources:[${row.plain}],ResourceNames:${row.names},NonResourceURLs:${row.urls},`;
  const sorted = [...rows.values()].sort((x, y) => (text(x) < text(y) ? -1 : 1));
  for (const row of sorted) w.at(1, `${row.resource}\t${row.urls}\t${row.names}\t[${row.verbs.join(' ')}]`);
  return w.text();
}

export function* describeRoleBinding({ object }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.line('Role:');
  w.at(1, `Kind:\t${object.roleRef.kind}`);
  w.at(1, `Name:\t${object.roleRef.name}`);
  w.line('Subjects:');
  w.at(1, 'Kind\tName\tNamespace');
  w.at(1, '----\t----\t---------');
  for (const subject of object.subjects ?? []) w.at(1, `${subject.kind}\t${subject.name}\t${subject.namespace ?? ''}`);
  return w.text();
}

export function quotaRows(quota: Any): string[] {
  const hard = quota.status?.hard ?? quota.spec?.hard ?? {};
  return Object.keys(hard).sort().map((name) => `${name}\t${quota.status?.used?.[name] ?? '0'}\t${hard[name]}`);
}

export const scopeHelp: Readonly<Record<string, string>> = {
  Terminating: 'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating: 'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort: 'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

export function* describeQuota({ object }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  w.line(`Namespace:\t${object.metadata.namespace}`);
  const scopes: string[] = object.spec?.scopes ?? [];
  if (scopes.length > 0) {
    w.line(`Scopes:\t${[...scopes].sort().join(', ')}`);
    for (const scope of [...scopes].sort()) if (scopeHelp[scope] !== undefined) w.line(` * ${scopeHelp[scope]}`);
  }
  w.line('Resource\tUsed\tHard');
  w.line('--------\t----\t----');
  for (const row of quotaRows(object)) w.line(row);
  return w.text();
}

export function limitRows(range: Any): string[] {
  const rows: string[] = [];
  for (const limit of range.spec?.limits ?? []) {
    const names = new Set<string>(['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'].flatMap((key) => Object.keys(limit[key] ?? {})));
    for (const name of names) rows.push(`${limit.type}\t${name}\t${limit.min?.[name] ?? '-'}\t${limit.max?.[name] ?? '-'}\t${limit.defaultRequest?.[name] ?? '-'}\t${limit.default?.[name] ?? '-'}\t${limit.maxLimitRequestRatio?.[name] ?? '-'}`);
  }
  return rows;
}

export function* describeLimitRange({ object }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  w.line(`Namespace:\t${object.metadata.namespace}`);
  w.line('Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio');
  w.line('----\t--------\t---\t---\t---------------\t-------------\t-----------------------');
  for (const row of limitRows(object)) w.line(row);
  return w.text();
}

export function* describePdb({ k, object, events }: Subject): Task<string> {
  const { metadata, spec = {}, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  if (spec.minAvailable !== undefined) w.line(`Min available:\t${spec.minAvailable}`);
  else if (spec.maxUnavailable !== undefined) w.line(`Max unavailable:\t${spec.maxUnavailable}`);
  w.line(`Selector:\t${spec.selector === undefined ? '<unset>' : selectorText(spec.selector)}`);
  w.line('Status:');
  w.line(`    Allowed disruptions:\t${status.disruptionsAllowed ?? 0}`);
  w.line(`    Current:\t${status.currentHealthy ?? 0}`);
  w.line(`    Desired:\t${status.desiredHealthy ?? 0}`);
  w.line(`    Total:\t${status.expectedPods ?? 0}`);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describePriorityClass({ k, object, events }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  w.line(`Value:\t${object.value ?? 0}`);
  w.line(`GlobalDefault:\t${object.globalDefault === true}`);
  w.line(`PreemptionPolicy:\t${object.preemptionPolicy ?? ''}`);
  w.line(`Description:\t${object.description ?? ''}`);
  // Its annotations are printed as one list.
  w.line(`Annotations:\t${orNone(Object.keys(object.metadata.annotations ?? {}).sort().map((key) => `${key}=${object.metadata.annotations[key]}`).join(','))}`);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeHpa({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  namedLines(w, metadata);
  w.line(`CreationTimestamp:\t${rfc1123(metadata.creationTimestamp)}`);
  w.line(`Reference:\t${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  w.line('Metrics:\t( current / target )');
  (spec.metrics ?? []).forEach((metric: Any, index: number) => {
    const current = status.currentMetrics?.[index]?.resource?.current;
    if (metric.type !== 'Resource') return w.at(1, `<unknown metric type>`);
    const { name, target } = metric.resource;
    if (target.averageValue !== undefined) w.at(1, `resource ${name} on pods:\t${current?.averageValue ?? '<unknown>'} / ${target.averageValue}`);
    else w.at(1, `resource ${name} on pods  (as a percentage of request):\t${current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}% (${current.averageValue})`} / ${target.averageUtilization ?? '<auto>'}%`);
  });
  w.line(`Min replicas:\t${spec.minReplicas ?? '<unset>'}`);
  w.line(`Max replicas:\t${spec.maxReplicas}`);
  behavior(w, spec.behavior);
  w.line(`${spec.scaleTargetRef.kind} pods:\t${status.currentReplicas ?? 0} current / ${status.desiredReplicas ?? 0} desired`);
  const conditions: Any[] = status.conditions ?? [];
  if (conditions.length > 0) {
    w.line('Conditions:\n  Type\tStatus\tReason\tMessage');
    w.at(1, '----\t------\t------\t-------');
    for (const each of conditions) w.at(1, `${each.type}\t${each.status}\t${each.reason ?? ''}\t${each.message ?? ''}`);
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function behavior(w: DescribeWriter, value: Any): void {
  if (value === undefined) return;
  w.line('Behavior:');
  for (const [title, rules] of [['Scale Up', value.scaleUp], ['Scale Down', value.scaleDown]] as const) {
    if (rules === undefined) continue;
    w.at(1, `${title}:`);
    if (rules.stabilizationWindowSeconds !== undefined) w.at(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
    if ((rules.policies ?? []).length > 0) {
      w.at(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}`);
      w.at(2, 'Policies:');
      for (const each of rules.policies) w.at(3, `- Type: ${each.type}\tValue: ${each.value}\tPeriod: ${each.periodSeconds} seconds`);
    }
  }
}

export function* describeCsr({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  const conditions: Any[] = status.conditions ?? [];
  const decided = conditions.some((each) => each.type === 'Denied') ? 'Denied' : conditions.some((each) => each.type === 'Approved') ? 'Approved' : 'Pending';
  w.line(`Name:\t${metadata.name}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`CreationTimestamp:\t${rfc1123(metadata.creationTimestamp)}`);
  w.line(`Requesting User:\t${spec.username ?? ''}`);
  if ((spec.signerName ?? '') !== '') w.line(`Signer:\t${spec.signerName}`);
  if (spec.expirationSeconds !== undefined) w.line(`Requested Duration:\t${spec.expirationSeconds}s`);
  w.line(`Status:\t${decided}${(status.certificate ?? '') === '' ? '' : ',Issued'}`);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

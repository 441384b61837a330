// kubectl auth reconcile: roles get the rules they lack, bindings the subjects, and nothing else is touched.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { dryRunFlag, fileFlags, outputFlags } from '../command.ts';
import type { Command } from '../command.ts';
import { filesGiven, readFiles } from '../builder.ts';
import type { Info } from '../builder.ts';
import { CommandError, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { ResultPrinter } from '../printers/print-object.ts';
import { dryRunOf, dryRunSuffix } from './act.ts';

interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const parts = ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const;
const covers = (having: readonly string[], wanted: readonly string[]): boolean => having.includes('*') || wanted.every((each) => having.includes(each));

/** Whether `having` allows all that `wanted` allows. An empty list of names is every name. */
function ruleCovers(having: Rule, wanted: Rule): boolean {
  for (const part of parts) {
    const mine = having[part] ?? [];
    const theirs = wanted[part] ?? [];
    if (part === 'resourceNames') {
      if (mine.length > 0 && (theirs.length === 0 || !covers(mine, theirs))) return false;
    } else if (!covers(mine, theirs)) return false;
  }
  return true;
}

const missingFrom = (having: readonly Rule[], wanted: readonly Rule[]): Rule[] => wanted.filter((rule) => !having.some((other) => ruleCovers(other, rule)));
const ruleText = (rule: Rule): string => `{Verbs:[${(rule.verbs ?? []).join(' ')}] APIGroups:[${(rule.apiGroups ?? []).join(' ')}] Resources:[${(rule.resources ?? []).join(' ')}] ResourceNames:[${(rule.resourceNames ?? []).join(' ')}] NonResourceURLs:[${(rule.nonResourceURLs ?? []).join(' ')}]}`;
const subjectKey = (subject: Any): string => `${subject.kind} ${subject.namespace ?? ''} ${subject.name}`;
const subjectText = (subject: Any): string => `{Kind:${subject.kind} APIGroup:${subject.apiGroup ?? ''} Name:${subject.name} Namespace:${subject.namespace ?? ''}}`;

export const reconcileCommand: Command = {
  name: 'reconcile',
  use: 'auth reconcile -f FILENAME [options]',
  short: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
  long: 'Brings roles and bindings to what a file says. Missing objects are created, missing rules and subjects added; what is there beyond that is\nremoved only with --remove-extra-permissions and --remove-extra-subjects. A binding to another role is deleted and made again.',
  flags: [...fileFlags, ...outputFlags, dryRunFlag, flag.bool('remove-extra-permissions', 'If true, removes extra permissions added to roles'), flag.bool('remove-extra-subjects', 'If true, removes extra subjects added to rolebindings')],
  *run(k, flags) {
    if (!filesGiven(k)) throw new CommandError('must specify one of -f and -k');
    const printer = new ResultPrinter(k);
    const { infos, errors } = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive') });
    for (const info of infos) {
      try {
        // Other kinds are passed over.
        if (info.mapping.group !== 'rbac.authorization.k8s.io') continue;
        if (info.mapping.kind.endsWith('Binding')) yield* reconcileBinding(k, info, printer);
        else yield* reconcileRole(k, info, printer);
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

function* read(k: Kubectl, info: Info): Task<Any> {
  try {
    return yield* k.call('GET', k.path(info.mapping, info.namespace, info.name));
  } catch (error) {
    if (error instanceof ApiError && error.status.reason === 'NotFound') return undefined;
    throw error;
  }
}

function* write(k: Kubectl, info: Info, present: Any, object: Any): Task<Any> {
  const dryRun = dryRunOf(k);
  if (dryRun === 'client') return object;
  const query = { dryRun: dryRun === 'server' ? 'All' : undefined };
  if (present === undefined) return yield* k.call('POST', k.path(info.mapping, info.namespace), { body: object, query });
  return yield* k.call('PUT', k.path(info.mapping, info.namespace, info.name), { body: object, query });
}

function say(k: Kubectl, info: Info, printer: ResultPrinter, answer: Any, operation: string, notes: readonly (readonly [string, readonly string[]])[]): void {
  if (!printer.silent && operation !== '') k.err(`\treconciliation required ${operation}\n${notes.filter(([, lines]) => lines.length > 0).map(([title, lines]) => `\t${title}:\n${lines.map((line) => `\t\t${line}\n`).join('')}`).join('')}`);
  printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, `reconciled${dryRunSuffix(dryRunOf(k))}`);
}

function* reconcileRole(k: Kubectl, info: Info, printer: ResultPrinter): Task<void> {
  const present: Any = yield* read(k, info);
  const wanted: readonly Rule[] = info.object.rules ?? [];
  const missing = missingFrom(present?.rules ?? [], wanted);
  const extra = present === undefined ? [] : missingFrom(wanted, present.rules ?? []);
  const remove = k.flags.bool('remove-extra-permissions') && extra.length > 0;
  const metadata = present === undefined ? info.object.metadata : { ...present.metadata, labels: joined(present.metadata.labels, info.object.metadata.labels), annotations: joined(present.metadata.annotations, info.object.metadata.annotations) };
  const relabelled = present !== undefined && JSON.stringify([metadata.labels, metadata.annotations]) !== JSON.stringify([present.metadata.labels, present.metadata.annotations]);
  const operation = present === undefined ? 'create' : missing.length > 0 || remove || relabelled ? 'update' : '';
  const object = present === undefined ? info.object : { ...present, metadata, rules: remove ? wanted : [...(present.rules ?? []), ...missing] };
  const answer = operation === '' ? present : yield* write(k, info, present, object);
  say(k, info, printer, answer, operation, [['missing rules added', missing.map(ruleText)], [remove ? 'extra rules removed' : 'extra rules', operation === '' ? [] : extra.map(ruleText)]]);
}

function joined(present: Any, wanted: Any): Any {
  return wanted === undefined ? present : { ...present, ...wanted };
}

function* reconcileBinding(k: Kubectl, info: Info, printer: ResultPrinter): Task<void> {
  let present: Any = yield* read(k, info);
  const wanted: Any[] = info.object.subjects ?? [];
  const isOther = present !== undefined && (present.roleRef?.kind !== info.object.roleRef?.kind || present.roleRef?.name !== info.object.roleRef?.name);
  if (isOther && dryRunOf(k) === 'none') yield* k.call('DELETE', k.path(info.mapping, info.namespace, info.name), { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: present.metadata.uid } } });
  const before: Any[] = present?.subjects ?? [];
  const missing = wanted.filter((each) => !before.some((other) => subjectKey(other) === subjectKey(each)));
  const extra = before.filter((each) => !wanted.some((other) => subjectKey(other) === subjectKey(each)));
  const remove = k.flags.bool('remove-extra-subjects') && extra.length > 0;
  const subjects = [...(remove ? before.filter((each) => !extra.includes(each)) : before), ...missing];
  const operation = present === undefined ? 'create' : isOther ? 'recreate' : missing.length > 0 || remove ? 'update' : '';
  const object = present === undefined || isOther ? { ...info.object, subjects } : { ...present, subjects };
  if (isOther) present = undefined;
  const answer = operation === '' ? present : yield* write(k, info, present, object);
  say(k, info, printer, answer, operation, [['missing subjects added', missing.map(subjectText)], [remove ? 'extra subjects removed' : 'extra subjects', operation === '' ? [] : extra.map(subjectText)]]);
}

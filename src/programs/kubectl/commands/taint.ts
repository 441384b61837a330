// kubectl taint.
import { isQualifiedName, isValidLabelValue } from '../../../api/meta/names.ts';
import { dryRunFlag, fieldManagerFlag, outputFlags, selectorFlag, validateFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError, throwAll, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import { quote } from '../go-text.ts';
import type { Any } from '../kubectl.ts';
import { ResultPrinter } from '../printers/print-object.ts';
import { dryRunOf, fetchTargets, patchObject } from './act.ts';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect?: string;
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function parseTaint(text: string): Taint {
  const parts = text.split(':');
  let key: string;
  let value: string | undefined;
  let effect: string | undefined;
  if (parts.length === 1) key = parts[0] as string;
  else if (parts.length === 2) {
    effect = parts[1] as string;
    if (!effects.includes(effect)) throw new CommandError(`invalid taint effect: ${effect}, unsupported taint effect`);
    const pair = (parts[0] as string).split('=');
    if (pair.length > 2) throw new CommandError(`invalid taint spec: ${text}`);
    key = pair[0] as string;
    if (pair.length === 2) {
      value = pair[1] as string;
      const problems = isValidLabelValue(value);
      if (problems.length > 0) throw new CommandError(`invalid taint spec: ${text}, ${problems.join('; ')}`);
    }
  } else throw new CommandError(`invalid taint spec: ${text}`);
  const problems = isQualifiedName(key);
  if (problems.length > 0) throw new CommandError(`invalid taint spec: ${text}, ${problems.join('; ')}`);
  return { key, ...(value === undefined ? {} : { value }), ...(effect === undefined ? {} : { effect }) };
}

const taintText = (taint: Taint): string => `${taint.key}${taint.value === undefined || taint.value === '' ? '' : `=${taint.value}`}${taint.effect === undefined ? '' : `:${taint.effect}`}`;

export const taintCommand: Command = {
  name: 'taint',
  use: 'taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options]',
  short: 'Update the taints on one or more nodes',
  long: 'Update the taints on one or more nodes. A taint is a key, a value and an effect: NoSchedule, PreferNoSchedule or NoExecute.',
  examples: '  # Keep pods without a toleration away\n  kubectl taint nodes w1-k8s dedicated=gpu:NoSchedule\n\n  # Remove the taint\n  kubectl taint nodes w1-k8s dedicated:NoSchedule-\n\n  # Remove all taints with this key\n  kubectl taint nodes w1-k8s dedicated-',
  flags: [...outputFlags, selectorFlag, dryRunFlag, validateFlag, fieldManagerFlag('kubectl-taint'), flag.bool('all', 'Select all nodes in the cluster'), flag.bool('overwrite', 'If true, allow taints to be overwritten, otherwise reject taint updates that overwrite existing taints.')],
  *run(k, flags) {
    const isChange = (arg: string): boolean => arg.includes('=') || arg.includes(':') || arg.endsWith('-');
    const index = flags.args.findIndex(isChange);
    const resources = index < 0 ? [...flags.args] : flags.args.slice(0, index);
    const changes = index < 0 ? [] : flags.args.slice(index);
    if (resources.length < 1) throw new CommandError('one or more resources must be specified as <resource> <name>');
    const additions: Taint[] = [];
    const removals: Taint[] = [];
    try {
      for (const change of changes) {
        if (change.endsWith('-')) removals.push(parseTaint(change.slice(0, -1)));
        else if (change.includes(':')) {
          const taint = parseTaint(change);
          additions.push(taint);
        } else parseTaint(change);
      }
    } catch (error) {
      throw usageError('kubectl taint', (error as Error).message);
    }
    const seen = new Set<string>();
    for (const taint of additions) {
      const id = `${taint.key}:${taint.effect}`;
      if (seen.has(id)) throw usageError('kubectl taint', `duplicated taints with the same key and effect: {${taint.key} ${taint.value ?? ''} ${taint.effect ?? ''} <nil>}`);
      seen.add(id);
    }
    if (additions.length === 0 && removals.length === 0) throw new CommandError('at least one taint update is required');
    for (const added of additions) for (const removed of removals) if (added.key === removed.key && added.effect === removed.effect) throw new CommandError(`can not both modify and remove the following taint(s) in the same command: ${added.key}=${added.effect}`);
    const dryRun = dryRunOf(k);
    const printer = new ResultPrinter(k);
    const mapping = yield* k.discovery.find((resources[0] as string).split('/')[0] as string);
    if (mapping.kind !== 'Node') throw new CommandError(`invalid resource type ${resources[0]}, only node types are supported`);
    const { infos, errors } = yield* fetchTargets(k, resources, { keepGoing: true });
    for (const info of infos) {
      try {
        const now: Taint[] = info.object.spec.taints ?? [];
        const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
        if (!flags.bool('overwrite') && additions.some((taint) => now.some((each) => same(each, taint)))) throw new CommandError(`node ${info.name} already has a taint(s) with same effect(s) and --overwrite is false`);
        const missing = removals.filter((taint) => !now.some((each) => each.key === taint.key && (taint.effect === undefined || each.effect === taint.effect)));
        if (missing.length > 0) throw new CommandError(missing.map((taint) => `taint ${quote(taintText(taint))} not found`).join('\n'));
        const kept = now.filter((each) => !removals.some((taint) => each.key === taint.key && (taint.effect === undefined || each.effect === taint.effect)) && !additions.some((taint) => same(each, taint)));
        const taints = [...additions, ...kept];
        const operation = additions.length === 0 ? 'untainted' : removals.length === 0 && !flags.bool('overwrite') ? 'tainted' : 'modified';
        let answer: Any = info.object;
        if (dryRun !== 'client') answer = yield* patchObject(k, info, 'strategic', { spec: { taints: taints.length === 0 ? null : taints } }, { manager: flags.string('field-manager'), dryRun });
        printer.print({ apiVersion: 'v1', kind: 'Node', ...answer }, operation);
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

// Sends a new object, or only shows it (--dry-run=client), and prints what came of it.
import type { Task } from '../../../../kernel/task.ts';
import { dryRunOf, dryRunSuffix, fieldValidation, validationOf } from '../../builder.ts';
import { CommandError, messageOf } from '../../errors.ts';
import { goJson } from '../../go-text.ts';
import { Kubectl } from '../../kubectl.ts';
import type { Any } from '../../kubectl.ts';
import { ResultPrinter } from '../../printers/print-object.ts';

export interface KindRef {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface CreateSettings {
  readonly operation?: string;
  /** `failed to create deployment: `: how this command begins its refusals; the server's own words without. */
  readonly failure?: string;
  readonly manager?: string;
}

/** With --save-config, as `kubectl apply` would leave it. */
export function withLastApplied(object: Any): Any {
  const annotations = { ...(object.metadata?.annotations ?? {}) };
  delete annotations['kubectl.kubernetes.io/last-applied-configuration'];
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  const text = goJson(bare) + '\n';
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, 'kubectl.kubernetes.io/last-applied-configuration': text } } };
}

/** Without the version that it had elsewhere: what is made anew may not have one. */
export function unborn(object: Any): Any {
  return (object.metadata?.resourceVersion ?? '') === '' ? object : { ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
}

/** As withLastApplied, of an object that kubectl made of a Go type: its fields keep the type's order. */
function withTypedLastApplied(object: Any): Any {
  const { kind, apiVersion, ...rest } = object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify({ kind, apiVersion, ...rest })}\n` } } };
}

export function* createAndPrint(k: Kubectl, ref: KindRef, object: Any, settings: CreateSettings = {}): Task<Any> {
  const dryRun = dryRunOf(k);
  const printer = new ResultPrinter(k, true);
  const mapping = Kubectl.mapping(ref.group, ref.version, ref.resource, ref.kind, ref.namespaced);
  const namespace = ref.namespaced ? (object.metadata?.namespace ?? k.namespace) : '';
  // A namespace stands in the printed object only when one was asked for.
  let body: Any = ref.namespaced && k.target.namespaceGiven ? { ...object, metadata: { ...object.metadata, namespace } } : object;
  if (k.flags.has('save-config') && k.flags.bool('save-config')) body = withTypedLastApplied(body);
  body = k.recorded(body);
  let answer = body;
  if (dryRun !== 'client') {
    try {
      answer = yield* k.call('POST', k.path(mapping, namespace), {
        body: ref.namespaced ? { ...body, metadata: { ...body.metadata, namespace } } : body,
        query: {
          fieldManager: k.flags.has('field-manager') ? k.flags.string('field-manager') : (settings.manager ?? 'kubectl-create'),
          fieldValidation: k.flags.has('validate') ? fieldValidation(validationOf(k)) : undefined,
          dryRun: dryRun === 'server' ? 'All' : undefined,
        },
      });
    } catch (error) {
      if (settings.failure === undefined || (error as { code?: unknown }).code === 'ECONNREFUSED') throw error;
      throw new CommandError(`${settings.failure}${messageOf(error)}`);
    }
  }
  if (dryRun === 'none' && answer.metadata?.name !== undefined) k.seen.push({ mapping, namespace, names: [answer.metadata.name], whole: false });
  printer.print({ apiVersion: body.apiVersion, kind: body.kind, ...answer }, `${settings.operation ?? 'created'}${dryRunSuffix(dryRun)}`);
  return answer;
}

/** create subcommands take exactly one NAME (before any `--`). */
export function oneName(k: Kubectl): string {
  const { args, argsBeforeDash } = k.flags;
  const count = argsBeforeDash < 0 ? args.length : argsBeforeDash;
  if (count !== 1) throw new CommandError(`exactly one NAME is required, got ${count}\nSee '${k.commandPath} -h' for help and examples`);
  return args[0] as string;
}

/** What stands after `--`, or after the name. */
export function trailingArgs(k: Kubectl): readonly string[] {
  return k.flags.args.slice(1);
}

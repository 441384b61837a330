// kubectl wait, and the waiting for deletion that `kubectl delete` does.
import type { Task } from '../../../kernel/task.ts';
import { allNamespacesFlag, fieldSelectorFlag, fileFlags, outputFlags, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { filesGiven, readFiles, resolveWanted, itemsOf, listAll } from '../builder.ts';
import type { Mapping } from '../discovery.ts';
import { kindName } from '../discovery.ts';
import { CommandError, messageOf, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import { goValue } from '../../../api/meta/go-value.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { JsonPath, relaxedExpression } from '../printers/jsonpath.ts';
import { ResultPrinter } from '../printers/print-object.ts';

interface Subject {
  readonly mapping: Mapping;
  readonly namespace: string;
  readonly name: string;
}

/** Lists with a name selector, then watches from there, until `isDone` says so. Returns what it said last. */
export function* watchUntil<T>(k: Kubectl, subject: Subject, timeoutMs: number, isDone: (object: Any | undefined) => T | undefined, onTimeout: () => Error): Task<T> {
  const deadlineMs = k.host.clock.nowMs() + timeoutMs;
  const path = k.path(subject.mapping, subject.namespace);
  const fieldSelector = `metadata.name=${subject.name}`;
  for (;;) {
    const list: Any = yield* k.call('GET', path, { query: { fieldSelector } });
    const current: Any = list.items?.[0];
    const done = isDone(current === undefined ? undefined : { apiVersion: subject.mapping.group === '' ? subject.mapping.version : `${subject.mapping.group}/${subject.mapping.version}`, kind: subject.mapping.kind, ...current });
    if (done !== undefined) return done;
    const stream = yield* k.stream('GET', path, { fieldSelector, resourceVersion: list.metadata?.resourceVersion ?? '0', watch: 'true' });
    try {
      for (;;) {
        const leftMs = deadlineMs - k.host.clock.nowMs();
        if (leftMs <= 0) throw onTimeout();
        const event = (yield* stream.receive(leftMs)) as Any;
        if (event === undefined) {
          if (stream.open) throw onTimeout();
          break;
        }
        if (event.type === 'ERROR') break;
        if (event.type === 'BOOKMARK') continue;
        const result = isDone(event.type === 'DELETED' ? undefined : event.object);
        if (result !== undefined) return result;
      }
    } finally {
      stream.close();
    }
    if (k.host.clock.nowMs() >= deadlineMs) throw onTimeout();
  }
}

export function* waitForDeletion(k: Kubectl, subject: Subject, uid: string, timeoutMs: number): Task<void> {
  yield* watchUntil(k, subject, timeoutMs, (object) => (object === undefined || (uid !== '' && object.metadata?.uid !== uid) ? true : undefined), () => new CommandError(`timed out waiting for the condition on ${subject.mapping.resource}/${subject.name}`));
}

export const waitCommand: Command = {
  name: 'wait',
  use: 'wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath=\'{}\'[=value]] [options]',
  short: 'Wait for a specific condition on one or many resources',
  examples: '  # Wait until a pod is ready\n  kubectl wait --for=condition=Ready pod/web\n\n  # ... until it is gone\n  kubectl wait --for=delete pod/web --timeout=60s\n\n  # ... until a field has a value\n  kubectl wait --for=jsonpath=\'{.status.phase}\'=Running pod/web',
  flags: [
    ...fileFlags, ...outputFlags, selectorFlag, fieldSelectorFlag, allNamespacesFlag,
    flag.bool('all', 'Select all resources in the namespace of the specified resource types'),
    flag.array('for', 'The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath=\'{JSONPath expression}\'=[JSONPath value]].'),
    flag.bool('local', 'If true, annotation will NOT contact api-server but run locally.'),
    flag.duration('timeout', 'The length of time to wait before giving up.', { value: '30s' }),
  ],
  *run(k, flags) {
    const condition = flags.list('for')[flags.list('for').length - 1] ?? '';
    const check = parseCondition(condition, flags.list('for').length === 0);
    const timeoutMs = flags.duration('timeout') < 0 ? 7 * 24 * 3600 * 1000 : flags.duration('timeout');
    const printer = new ResultPrinter(k);
    const errors: unknown[] = [];
    const subjects: (Subject & { readonly listed?: Any })[] = [];
    if (filesGiven(k)) subjects.push(...(yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize') })).infos);
    else {
      const options = { selector: flags.string('selector'), fieldSelector: flags.string('field-selector'), allNamespaces: flags.bool('all-namespaces') };
      const wanted = yield* resolveWanted(k, { args: flags.args, all: flags.bool('all'), ...options });
      for (const item of wanted.items) {
        if (wanted.kind === 'names') subjects.push({ mapping: item.mapping, namespace: item.mapping.namespaced ? k.namespace : '', name: item.name });
        else for (const object of itemsOf(yield* listAll(k, item.mapping, options), item.mapping)) subjects.push({ mapping: item.mapping, namespace: object.metadata.namespace ?? '', name: object.metadata.name, listed: object });
      }
    }
    if (subjects.length === 0) {
      if (check.kind === 'delete') return;
      throw new CommandError('no matching resources found');
    }
    // One time for all of them.
    const deadlineMs = k.host.clock.nowMs() + timeoutMs;
    for (const subject of subjects) {
      const leftMs = Math.max(0, deadlineMs - k.host.clock.nowMs());
      const late = (): Error => new CommandError(check.kind === 'create' ? 'timed out waiting for the condition' : `timed out waiting for the condition on ${subject.mapping.resource}/${subject.name}`);
      try {
        if (check.kind === 'delete') {
          const path = k.path(subject.mapping, subject.namespace, subject.name);
          let object: Any;
          try {
            object = yield* k.call('GET', path);
          } catch (error) {
            if ((error as { status?: { reason?: string } }).status?.reason !== 'NotFound') throw error;
            // What was listed and is gone by now has met it.
            if (subject.listed !== undefined) printer.print(subject.listed, 'condition met');
            continue;
          }
          if (timeoutMs === 0) throw new CommandError(`condition not met for ${kindName(subject.mapping)}/${subject.name}`);
          yield* waitForDeletion(k, subject, object.metadata.uid, leftMs);
          printer.print(object, 'condition met');
          continue;
        }
        // Once the time is over nothing more is looked at, not even what is so already.
        if (timeoutMs > 0 && leftMs === 0) throw late();
        if (check.kind !== 'create') yield* k.call('GET', k.path(subject.mapping, subject.namespace, subject.name));
        const found: Any = yield* watchUntil(k, subject, leftMs, (object) => (object !== undefined && check.met(object) ? object : undefined), late);
        printer.print(found, 'condition met');
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

interface Check {
  readonly kind: 'create' | 'delete' | 'field';
  met(object: Any): boolean;
}

function parseCondition(text: string, absent: boolean): Check {
  const lower = text.toLowerCase();
  if (lower === 'delete') return { kind: 'delete', met: () => false };
  if (lower === 'create') return { kind: 'create', met: () => true };
  if (lower.startsWith('condition=')) {
    const [name = '', value = 'true'] = text.slice('condition='.length).split('=');
    return {
      kind: 'field',
      met(object) {
        const condition = (object.status?.conditions ?? []).find((each: Any) => String(each.type).toLowerCase() === name.toLowerCase());
        if (condition === undefined) return false;
        const observed = condition.observedGeneration ?? object.status?.observedGeneration;
        if (observed !== undefined && observed < (object.metadata?.generation ?? 0)) return false;
        return String(condition.status).toLowerCase() === value.toLowerCase();
      },
    };
  }
  if (lower.startsWith('jsonpath=')) {
    const match = /^jsonpath=('?\{[\s\S]*\}'?|[^=]*)(?:=([\s\S]*))?$/i.exec(text);
    const expression = (match?.[1] ?? '').replace(/^'|'$/g, '');
    const value = match?.[2]?.replace(/^(["'])([\s\S]*)\1$/, '$2');
    if (expression === '') throw new CommandError('jsonpath expression cannot be empty');
    let path: JsonPath;
    try {
      path = new JsonPath(relaxedExpression(expression), true);
    } catch (error) {
      throw new CommandError(messageOf(error));
    }
    return {
      kind: 'field',
      met(object) {
        const found = path.findResults(object).flat();
        if (found.length === 0) return false;
        if (found.length > 1 && value !== undefined) throw new CommandError('given jsonpath expression matches more than one value');
        return value === undefined ? true : goValue(found[0]) === value;
      },
    };
  }
  throw new CommandError(`unrecognized condition: ${absent ? '[]' : `"${text}"`}`);
}

// kubectl diff: what an apply would change, as a unified diff.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { fileFlags, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { filesGiven, readFiles } from '../builder.ts';
import { addSource, CommandError, explainError, SilentExit, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { withoutManagedFields } from '../printers/print-object.ts';
import { computePatch, lastApplied } from './apply.ts';
import { withLastApplied } from './create/create-object.ts';
import type { Info } from '../builder.ts';

export const diffCommand: Command = {
  name: 'diff',
  use: 'diff -f FILENAME [options]',
  short: 'Diff the live version against a would-be applied version',
  long: 'Diff the live version against a would-be applied version.\n\nExit status: 0 no differences, 1 differences were found, more than 1 an error.',
  flags: [...fileFlags, selectorFlag, flag.string('field-manager', 'Name of the manager used to track field ownership.', { value: 'kubectl-client-side-apply' }), flag.bool('force-conflicts', 'If true, server-side apply will force the changes against conflicts.'), flag.bool('prune', 'Include resources that would be deleted by pruning.'), flag.bool('server-side', 'If true, apply runs in the server instead of the client.'), flag.bool('show-managed-fields', 'If true, include managed fields in the diff.'), flag.int('concurrency', 'Number of objects to process in parallel.', { value: '1' })],
  *run(k) {
    try {
      yield* diff(k);
    } catch (error) {
      if (error instanceof SilentExit) throw error;
      const { text } = explainError(error);
      k.err(text);
      throw new SilentExit(2);
    }
  },
};

function* diff(k: Kubectl): Task<void> {
  const { flags } = k;
  if (!filesGiven(k)) throw new CommandError('must specify one of -f and -k');
  const { infos, errors } = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive') });
  throwAll(errors);
  let found = false;
  for (const info of infos) {
    const { before, after } = yield* bothSides(k, info);
    const name = `${info.mapping.group === '' ? '' : `${info.mapping.group}.`}${info.mapping.version}.${info.mapping.kind}.${info.namespace}.${info.name}`;
    const clean = (object: Any): string => (object === undefined ? '' : printYaml(withoutLastApplied(flags.bool('show-managed-fields') ? object : withoutManagedFields(object))));
    const when = `\t${formatTime(k.nowMs()).replace('T', ' ').replace('Z', '.000000000 +0000')}`;
    const text = unifiedDiff(`/tmp/LIVE-1/${name}${when}`, `/tmp/MERGED-1/${name}${when}`, clean(before), clean(after));
    if (text === '') continue;
    found = true;
    k.out(`diff -u -N ${`/tmp/LIVE-1/${name}`} /tmp/MERGED-1/${name}\n${text}`);
  }
  if (found) throw new SilentExit(1);
}

/** What apply notes for itself is no difference that anybody looks for. */
function withoutLastApplied(object: Any): Any {
  const { [lastApplied]: note, ...annotations } = object.metadata?.annotations ?? {};
  if (note === undefined) return object;
  const { annotations: _, ...metadata } = object.metadata;
  return { ...object, metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata };
}

function* bothSides(k: Kubectl, info: Info): Task<{ before: Any; after: Any }> {
  const path = k.path(info.mapping, info.namespace, info.name);
  const manager = k.flags.bool('server-side') && !k.flags.changed('field-manager') ? 'kubectl' : k.flags.string('field-manager');
  const query = { fieldManager: manager, dryRun: 'All' };
  let live: Any;
  try {
    live = yield* k.call('GET', path);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.reason !== 'NotFound') throw error;
  }
  const named = (object: Any): Any => ({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...object });
  try {
    if (k.flags.bool('server-side')) return { before: live === undefined ? undefined : named(live), after: named(yield* k.call('PATCH', path, { body: info.object, query: { ...query, force: k.flags.bool('force-conflicts') ? 'true' : 'false' }, headers: { 'content-type': 'application/apply-patch+yaml' } })) };
    if (live === undefined) return { before: undefined, after: named(yield* k.call('POST', k.path(info.mapping, info.namespace), { body: withLastApplied(info.object), query })) };
    const { type, patch, isEmpty } = computePatch(info, live);
    if (isEmpty) return { before: named(live), after: named(live) };
    return { before: named(live), after: named(yield* k.call('PATCH', path, { body: patch, query, headers: { 'content-type': type } })) };
  } catch (error) {
    throw addSource('diffing', info.source, error);
  }
}

/** Lines with three of context, from the longest common subsequence. */
export function unifiedDiff(fromName: string, toName: string, from: string, to: string): string {
  if (from === to) return '';
  const a = from === '' ? [] : from.replace(/\n$/, '').split('\n');
  const b = to === '' ? [] : to.replace(/\n$/, '').split('\n');
  const width = b.length + 1;
  const table = new Int32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] = a[i] === b[j] ? (table[(i + 1) * width + j + 1] as number) + 1 : Math.max(table[(i + 1) * width + j] as number, table[i * width + j + 1] as number);
    }
  }
  const lines: { mark: ' ' | '-' | '+'; text: string; i: number; j: number }[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) lines.push({ mark: ' ', text: a[i] as string, i: i++, j: j++ });
    else if (i < a.length && (j >= b.length || (table[(i + 1) * width + j] as number) >= (table[i * width + j + 1] as number))) lines.push({ mark: '-', text: a[i] as string, i: i++, j });
    else lines.push({ mark: '+', text: b[j] as string, i, j: j++ });
  }
  let out = `--- ${fromName}\n+++ ${toName}\n`;
  for (let at = 0; at < lines.length; ) {
    if (lines[at]?.mark === ' ') {
      at++;
      continue;
    }
    const start = Math.max(0, at - 3);
    let end = at;
    for (let quiet = 0, k = at; k < lines.length && quiet <= 6; k++) {
      if (lines[k]?.mark === ' ') quiet++;
      else {
        quiet = 0;
        end = k;
      }
    }
    end = Math.min(lines.length - 1, end + 3);
    const hunk = lines.slice(start, end + 1);
    const olds = hunk.filter((line) => line.mark !== '+').length;
    const news = hunk.filter((line) => line.mark !== '-').length;
    const range = (first: number, count: number): string => (count === 1 ? String(first + 1) : `${count === 0 ? first : first + 1},${count}`);
    out += `@@ -${range(hunk[0]?.i ?? 0, olds)} +${range(hunk[0]?.j ?? 0, news)} @@\n${hunk.map((line) => `${line.mark}${line.text}\n`).join('')}`;
    at = end + 1;
  }
  return out;
}

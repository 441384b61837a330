// kubectl describe.
import { ApiError } from '../../../client/api-error.ts';
import { allNamespacesFlag, fileFlags, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { apiVersionOf } from '../discovery.ts';
import { filesGiven, fetchWanted, itemsOf, listAll, readFiles, resolveWanted } from '../builder.ts';
import type { Info } from '../builder.ts';
import { CommandError, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import { describerFor, eventsFor, withoutEvents } from '../describe/describers.ts';

export const describeCommand: Command = {
  name: 'describe',
  use: 'describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]',
  short: 'Show details of a specific resource or group of resources',
  long: 'Show details of a specific resource or group of resources: the object, what belongs to it, and its events. A name may be the\nbeginning of several.\n\nUse "kubectl api-resources" for a complete list of supported resources.',
  examples: '  # A pod, with its events\n  kubectl describe pod web\n\n  # All pods with a label\n  kubectl describe pods -l app=web',
  flags: [...fileFlags, selectorFlag, allNamespacesFlag, flag.int('chunk-size', 'Return large lists in chunks rather than all at once.', { value: '500' }), flag.bool('show-events', 'If true, display events related to the described object.', { value: 'true' })],
  *run(k, flags) {
    if (flags.args.length === 0 && !filesGiven(k)) throw new CommandError('You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.');
    const options = { selector: flags.string('selector'), allNamespaces: flags.bool('all-namespaces'), chunkSize: flags.int('chunk-size') };
    const errors: unknown[] = [];
    let infos: Info[] = [];
    let byPrefix = false;
    let asked = 0;
    if (filesGiven(k)) {
      const files = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive') });
      errors.push(...files.errors);
      for (const info of files.infos) infos.push({ ...info, object: yield* k.call('GET', k.path(info.mapping, info.namespace, info.name)) });
    } else {
      const wanted = yield* resolveWanted(k, { args: flags.args, ...options, allowEmptySelector: true });
      const found = yield* fetchWanted(k, wanted, options);
      infos = found.infos;
      asked = wanted.kind === 'names' ? wanted.items.length : 0;
      // A name that is not found may be the beginning of some.
      if (found.errors.length > 0 && wanted.kind === 'names' && flags.args.length === 2 && found.errors.every((error) => error instanceof ApiError && error.status.reason === 'NotFound')) {
        const item = wanted.items[0];
        if (item !== undefined) {
          const all = itemsOf(yield* listAll(k, item.mapping, options), item.mapping);
          infos = all.filter((object) => object.metadata.name.startsWith(item.name)).map((object) => ({ mapping: item.mapping, namespace: object.metadata.namespace ?? '', name: object.metadata.name, source: '', object }));
          if (infos.length === 0) throw found.errors[0];
          byPrefix = true;
        }
      } else errors.push(...found.errors);
    }
    let first = true;
    for (const info of infos) {
      const object = { apiVersion: apiVersionOf(info.mapping), ...info.object, kind: info.object.kind ?? info.mapping.kind };
      const kind = info.mapping.group === '' ? info.mapping.kind : `${info.mapping.kind}.${info.mapping.group}`;
      // Several objects are described without their events, unless they were asked for.
      const wanted = flags.changed('show-events') ? flags.bool('show-events') : Math.max(infos.length, asked) === 1;
      const events = wanted && !withoutEvents.has(kind) ? yield* eventsFor(k, object) : undefined;
      const text = yield* describerFor(info.mapping)({ k, mapping: info.mapping, object, events });
      if (byPrefix) k.out(`${text}\n`);
      else if (first) k.out(text);
      else k.out(`\n\n${text}`);
      first = false;
    }
    if (infos.length === 0 && errors.length === 0) k.err(options.allNamespaces || infos.some((info) => !info.mapping.namespaced) ? 'No resources found' : `No resources found in ${k.namespace} namespace.`);
    throwAll(errors);
  },
};

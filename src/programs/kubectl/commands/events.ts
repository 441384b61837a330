// kubectl events.
import { translateTimestampSince } from '../../../api/meta/time.ts';
import { allNamespacesFlag, outputFlags } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { objectPrinter } from '../printers/print-object.ts';
import { TabWriter, tableOptions } from '../printers/tab-writer.ts';
import { eventMapping } from './act.ts';
import { itemsOf } from '../builder.ts';

export const eventsCommand: Command = {
  name: 'events',
  use: "events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options]",
  short: 'List events',
  flags: [...outputFlags, allNamespacesFlag, flag.int('chunk-size', 'Return large lists in chunks rather than all at once.', { value: '500' }), flag.string('for', 'Filter events to only those pertaining to the specified resource.'), flag.bool('no-headers', "When using the default output format, don't print headers."), flag.strings('types', 'Output only events of given types.'), flag.bool('watch', 'After listing the requested events, watch for more events.', { short: 'w' })],
  *run(k, flags) {
    const types = flags.list('types').map((each) => each.charAt(0).toUpperCase() + each.slice(1).toLowerCase());
    for (const type of types) if (type !== 'Normal' && type !== 'Warning') throw new CommandError('valid --types are Normal or Warning');
    let fieldSelector: string | undefined;
    const subject = flags.string('for');
    if (subject !== '') {
      const slash = subject.indexOf('/');
      if (slash < 0) throw new CommandError('--for must be in resource/name form');
      const mapping = yield* k.discovery.find(subject.slice(0, slash));
      fieldSelector = `involvedObject.kind=${mapping.kind},involvedObject.name=${subject.slice(slash + 1)}`;
    }
    const path = k.path(eventMapping, flags.bool('all-namespaces') ? '' : k.namespace);
    const list: Any = yield* k.call('GET', path, { query: { fieldSelector, limit: String(flags.int('chunk-size')) } });
    const wanted = (event: Any): boolean => types.length === 0 || types.includes(event.type);
    const events = itemsOf(list, eventMapping).filter(wanted).sort((a, b) => (lastTime(a) < lastTime(b) ? -1 : lastTime(a) > lastTime(b) ? 1 : 0));
    const printer = objectPrinter(k);
    const writer = new TabWriter(tableOptions);
    if (events.length === 0 && !flags.bool('watch')) {
      if (printer !== undefined) k.out(printer({ apiVersion: 'v1', kind: 'EventList', items: [], metadata: list.metadata ?? {} }));
      else k.err(flags.bool('all-namespaces') ? 'No events found.' : `No events found in ${k.namespace} namespace.`);
      return;
    }
    if (printer !== undefined) k.out(printer({ apiVersion: 'v1', kind: 'EventList', items: events, metadata: list.metadata ?? {} }));
    else {
      if (!flags.bool('no-headers')) writer.write(`${flags.bool('all-namespaces') ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`);
      for (const event of events) writer.write(row(k, event));
      k.out(writer.flush());
    }
    if (!flags.bool('watch')) return;
    const stream = yield* k.stream('GET', path, { fieldSelector, watch: 'true', resourceVersion: list.metadata?.resourceVersion ?? '0' });
    for (;;) {
      const event = (yield* stream.receive()) as Any;
      if (event === undefined) return;
      if ((event.type === 'ADDED' || event.type === 'MODIFIED') && wanted(event.object)) {
        if (printer !== undefined) k.out(printer(event.object));
        else {
          writer.write(row(k, event.object));
          k.out(writer.flush());
        }
      }
    }
  },
};

function row(k: Kubectl, event: Any): string {
  const count = event.series?.count ?? event.count ?? 1;
  const first = event.firstTimestamp ?? event.eventTime;
  const age = count > 1 ? `${translateTimestampSince(lastTime(event), k.nowMs())} (x${count} over ${translateTimestampSince(first, k.nowMs())})` : translateTimestampSince(event.firstTimestamp ?? event.eventTime, k.nowMs());
  const object = event.involvedObject ?? {};
  return `${k.flags.bool('all-namespaces') ? `${event.metadata.namespace}\t` : ''}${age}\t${event.type}\t${event.reason}\t${object.kind}/${object.name}\t${String(event.message ?? '').trimEnd().replaceAll('\n', ' ')}\n`;
}

function lastTime(event: Any): string {
  return event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp ?? '';
}

// kubectl describe configmap | secret | serviceaccount
import type { Task } from '../../../kernel/task.ts';
import { decodeBase64Bytes, decodeUtf8 } from '../../../api/meta/base64.ts';
import { itemsOf } from '../builder.ts';
import { Kubectl } from '../kubectl.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { annotationsMultiline, DescribeWriter, eventsSection, labelsMultiline } from './writer.ts';

function head(w: DescribeWriter, metadata: Any): void {
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace ?? ''}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
}

export function* describeConfigMap({ k, object, events }: Subject): Task<string> {
  const w = new DescribeWriter();
  head(w, object.metadata);
  w.line('\nData\n====');
  for (const key of Object.keys(object.data ?? {}).sort()) w.line(`${key}:\n----\n${object.data[key]}\n`);
  w.line('\nBinaryData\n====');
  for (const key of Object.keys(object.binaryData ?? {}).sort()) w.line(`${key}: ${decodeBase64Bytes(object.binaryData[key])?.length ?? 0} bytes`);
  w.line('');
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeSecret({ object }: Subject): Task<string> {
  const w = new DescribeWriter();
  head(w, object.metadata);
  w.line(`\nType:\t${object.type ?? ''}`);
  w.line('\nData\n====');
  for (const key of Object.keys(object.data ?? {}).sort()) {
    const bytes = decodeBase64Bytes(object.data[key]) ?? [];
    if (object.type === 'kubernetes.io/service-account-token' && key === 'token') w.line(`${key}:\t${decodeUtf8(bytes)}`);
    else w.line(`${key}:\t${bytes.length} bytes`);
  }
  return w.text();
}

export function* describeServiceAccount({ k, object, events }: Subject): Task<string> {
  const w = new DescribeWriter();
  head(w, object.metadata);
  const names = (title: string, list: readonly Any[] | undefined, missing: ReadonlySet<string> = new Set()): void => {
    w.write(0, `${title}:\t`);
    if (list === undefined || list.length === 0) return w.line('<none>');
    list.forEach((each, index) => w.line(`${index === 0 ? '' : '\t'}${each.name}${missing.has(each.name) ? ' (not found)' : ''}`));
  };
  const secretKind = Kubectl.mapping('', 'v1', 'secrets', 'Secret');
  const secrets = itemsOf(yield* k.call('GET', k.path(secretKind, object.metadata.namespace), { query: { limit: '500' } }), secretKind);
  const known = new Set(secrets.map((each) => each.metadata.name));
  const missing = new Set<string>([...(object.imagePullSecrets ?? []), ...(object.secrets ?? [])].map((each: Any) => each.name).filter((name: string) => !known.has(name)));
  const tokens = secrets.filter((each) => each.type === 'kubernetes.io/service-account-token' && each.metadata.annotations?.['kubernetes.io/service-account.name'] === object.metadata.name).map((each) => ({ name: each.metadata.name }));
  names('Image pull secrets', object.imagePullSecrets);
  if ((object.secrets ?? []).length > 0) names('Mountable secrets', object.secrets, missing);
  if (tokens.length > 0) names('Tokens', tokens);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

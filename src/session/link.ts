// A run as a piece of a link: what the person chose and did, and which moment they looked at. base64url of deflated JSON; everything that
// comes from a link is foreign and is checked before it is used.
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import * as v from 'valibot';
import { decodeBase64Bytes, encodeBase64Bytes } from '../api/meta/base64.ts';
import type { ClusterShape } from '../cluster/presets/presets.ts';
import { presetNames, protocolVersion, type Command, type RecordedInput, type Run } from './protocol.ts';

/** The middle of what is seen, in the graph's own coordinates, and how near. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface LinkedRun {
  readonly run: Run;
  /** The moment shown; the end of the inputs when it is left out. */
  readonly momentMs?: number;
  readonly camera?: Camera;
  readonly language?: 'en' | 'ko';
}

export interface LinkProblem {
  /** For a text in the page's language; `message` says it in English. */
  readonly key: 'link.not-a-link' | 'link.too-long' | 'link.damaged' | 'link.newer-version' | 'link.not-a-run';
  readonly message: string;
}

const mostCharacters = 200_000;
const mostBytes = 4 * 1024 * 1024;

const name = v.pipe(v.string(), v.maxLength(253));
const text = v.pipe(v.string(), v.maxLength(1_000_000));
const ms = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e12));
const names = v.pipe(v.array(name), v.maxLength(1000));
const family = v.picklist(['client', 'watch', 'etcd', 'raft', 'kubelet', 'data', 'probe', 'dns', 'runtime', 'image', 'control']);

const ruleSchema = v.strictObject({
  kind: v.picklist(['cut', 'slow', 'lossy']),
  from: names,
  to: names,
  oneWay: v.optional(v.boolean()),
  family: v.optional(family),
  delayMs: v.optional(ms),
  probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});

const header = v.pipe(v.string(), v.maxLength(100_000));
const headSchema = v.strictObject({
  method: v.picklist(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
  path: header,
  query: v.pipe(v.array(v.tuple([header, header])), v.maxLength(1000)),
  headers: v.record(v.string(), header),
  body: v.optional(v.pipe(v.string(), v.maxLength(4 * 1024 * 1024))),
  bytes: v.optional(v.pipe(v.string(), v.maxLength(4 * 1024 * 1024))),
  unread: v.optional(v.strictObject({ problem: text, apiVersion: v.optional(text), kind: v.optional(text) })),
  certificate: v.optional(text),
});
const requestId = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const dataSchema = v.strictObject({
  stdin: v.optional(text),
  eof: v.optional(v.literal(true)),
  resize: v.optional(v.strictObject({ width: v.number(), height: v.number() })),
  http: v.optional(headSchema),
  stream: v.optional(requestId),
  tls: v.optional(v.union([v.strictObject({ serverName: name }), v.strictObject({ certificate: text })])),
});

const commandSchema = v.variant('do', [
  v.strictObject({ do: v.literal('run'), machine: name, line: text, stdin: v.optional(text) }),
  v.strictObject({ do: v.literal('input'), machine: name, text }),
  v.strictObject({ do: v.literal('interrupt'), machine: name }),
  v.strictObject({ do: v.literal('edit'), machine: name, editor: v.pipe(v.number(), v.integer(), v.minValue(1)), text }),
  v.strictObject({ do: v.literal('power'), machine: name, on: v.boolean() }),
  v.strictObject({ do: v.picklist(['kill', 'freeze', 'thaw']), machine: name, process: name }),
  v.strictObject({ do: v.literal('fault'), name, rule: ruleSchema }),
  v.strictObject({ do: v.literal('heal'), name }),
  v.strictObject({ do: v.literal('heal-all') }),
  v.strictObject({ do: v.literal('wipe-disk'), machine: name, folder: v.optional(name) }),
  v.strictObject({ do: v.literal('fill-disk'), machine: name, folder: v.optional(name), full: v.boolean() }),
  v.strictObject({ do: v.literal('rot-file'), machine: name, path: v.pipe(v.string(), v.maxLength(4096)), record: v.optional(v.pipe(v.number(), v.safeInteger())) }),
  v.strictObject({ do: v.literal('spawn'), machine: name, program: name, args: v.pipe(v.array(text), v.maxLength(1000)) }),
  v.strictObject({ do: v.literal('fsync'), machine: name, ms }),
  v.strictObject({ do: v.literal('skew'), machine: name, ms: v.pipe(v.number(), v.finite()) }),
  v.variant('action', [
    v.strictObject({ do: v.literal('message'), id: v.pipe(v.number(), v.integer(), v.minValue(1)), action: v.literal('drop') }),
    v.strictObject({ do: v.literal('message'), id: v.pipe(v.number(), v.integer(), v.minValue(1)), action: v.literal('delay'), delayMs: ms }),
  ]),
  v.strictObject({ do: v.literal('traffic'), name, target: name, ratePerSecond: v.pipe(v.number(), v.minValue(0), v.maxValue(1000)) }),
  v.strictObject({ do: v.literal('request'), id: requestId, request: headSchema }),
  v.strictObject({ do: v.literal('request-data'), id: requestId, data: dataSchema }),
  v.strictObject({ do: v.literal('request-end'), id: requestId }),
]);

const few = (from: number) => v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(9));
const shapeSchema = v.strictObject({
  masters: few(1),
  etcdMachines: v.optional(few(0)),
  workers: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(200)),
  zones: v.optional(few(1)),
  zoneLatencyMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10_000))),
  hardWay: v.optional(v.boolean()),
  etcdArgs: v.optional(v.pipe(v.array(text), v.maxLength(50))),
});

const runFields = {
  version: v.number(),
  preset: v.picklist(presetNames),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0)),
  nodes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5000))),
  shape: v.optional(shapeSchema),
  epochMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
};
const inputsSchema = v.array(v.strictObject({ atMs: ms, command: commandSchema }));
const runSchema = v.strictObject({ ...runFields, inputs: v.pipe(inputsSchema, v.maxLength(10_000)) });
/** A file may hold more than a link. */
const savedRunSchema = v.strictObject({ ...runFields, inputs: inputsSchema });

const linkSchema = v.strictObject({
  run: runSchema,
  momentMs: v.optional(ms),
  camera: v.optional(v.strictObject({ x: v.pipe(v.number(), v.finite()), y: v.pipe(v.number(), v.finite()), zoom: v.pipe(v.number(), v.finite(), v.minValue(0.01), v.maxValue(100)) })),
  language: v.optional(v.picklist(['en', 'ko'])),
});

/** Without `#` or a name: what stands behind `run=`. */
export function encodeLink(linked: LinkedRun): string {
  const bytes = deflateSync(strToU8(JSON.stringify(linked)), { level: 9 });
  return encodeBase64Bytes(Array.from(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function decodeLink(link: string): { readonly value?: LinkedRun; readonly problems: readonly LinkProblem[] } {
  const problem = (key: LinkProblem['key'], message: string) => ({ problems: [{ key, message }] });
  if (link === '' || !/^[A-Za-z0-9_-]+$/.test(link)) return problem('link.not-a-link', 'this is no link to a run: it holds other characters than a link does');
  if (link.length > mostCharacters) return problem('link.too-long', `this link is too long: ${link.length} characters, at most ${mostCharacters}`);
  const bytes = decodeBase64Bytes(link.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (link.length % 4)) % 4));
  if (bytes === undefined) return problem('link.damaged', 'this link is damaged: a part of it is missing');
  let value: unknown;
  try {
    const room = new Uint8Array(mostBytes);
    value = JSON.parse(strFromU8(inflateSync(Uint8Array.from(bytes), { out: room }))) as unknown;
  } catch {
    return problem('link.damaged', 'this link is damaged: a part of it is missing or was changed');
  }
  const version = (value as { readonly run?: { readonly version?: unknown } } | null)?.run?.version;
  if (typeof version === 'number' && version > protocolVersion) return problem('link.newer-version', `this link was made by a newer version (${version}); this page knows ${protocolVersion}`);
  const parsed = v.safeParse(linkSchema, value);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    return problem('link.not-a-run', `this link holds no run: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
  }
  return { value: cleaned(parsed.output), problems: [] };
}

/** A run that comes from a file. */
export function readRun(value: unknown): { readonly run?: Run; readonly problem?: string } {
  const version = (value as { readonly version?: unknown } | null | undefined)?.version;
  if (typeof version === 'number' && version > protocolVersion) return { problem: `it was made by a newer version (${version}); this one knows ${protocolVersion}` };
  const parsed = v.safeParse(savedRunSchema, value);
  if (!parsed.success) return { problem: `${v.getDotPath(parsed.issues[0]) ?? 'it'}: ${parsed.issues[0].message}` };
  return { run: cleaned({ run: parsed.output }).run };
}

/** Optional fields that are not there are left out, as the types want it. */
function cleaned(output: v.InferOutput<typeof linkSchema>): LinkedRun {
  const { run, momentMs, camera, language } = output;
  const shape = run.shape === undefined ? {} : { shape: JSON.parse(JSON.stringify(run.shape)) as ClusterShape };
  const inputs = run.inputs.map(({ atMs, command }): RecordedInput => ({ atMs, command: JSON.parse(JSON.stringify(command)) as Command }));
  return {
    run: { version: run.version, preset: run.preset, seed: run.seed, epochMs: run.epochMs, inputs, ...(run.nodes === undefined ? {} : { nodes: run.nodes }), ...shape },
    ...(momentMs === undefined ? {} : { momentMs }),
    ...(camera === undefined ? {} : { camera }),
    ...(language === undefined ? {} : { language }),
  };
}

// Where requests of clients outside enter the world: process `gateway` on the client's machine, started at the first of them. What is put in is
// recorded by whoever owns the run; what comes out goes to `onAnswer`, and nowhere when a run is only played again.
import { decodeBase64Bytes } from '../api/meta/base64.ts';
import { hasDuplicateFields } from '../api/meta/json-duplicates.ts';
import { parseJson } from '../api/meta/parse-json.ts';
import type { Mailbox, ProcessHandle } from '../kernel/host.ts';
import type { World } from '../kernel/world.ts';
import { type HttpFrame, type HttpRequest, UnreadableBody } from '../wire/http.ts';
import type { GatewayDoor, OutsideRequest, ShownCertificate } from '../wire/outside.ts';
import type { TlsMessage } from '../wire/tls-handshake.ts';
import type { OutsideAnswer, OutsideCommand, OutsideData, OutsideRequestHead } from './protocol.ts';

/** What a client shows when it shows the certificate of the kubeconfig that the door wrote. */
export const kubeconfigCertificate = 'kubeconfig';

export class Doorway {
  onAnswer: ((id: number, answer: OutsideAnswer) => void) | undefined;
  private readonly world: World;
  private readonly door: GatewayDoor;
  private readonly machine: string;
  private process: ProcessHandle | undefined;
  private readonly streams = new Map<number, Mailbox<unknown>>();

  constructor(world: World, door: GatewayDoor, machine: string) {
    this.world = world;
    this.door = door;
    this.machine = machine;
  }

  /** Requests that have not ended. */
  openIds(): readonly number[] {
    return [...this.streams.keys()];
  }

  perform(command: OutsideCommand): void {
    switch (command.do) {
      case 'request':
        return this.begin(command.id, command.request);
      case 'request-data':
        return this.streams.get(command.id)?.put(frameOf(command.data), 0);
      case 'request-end':
        return this.finish(command.id);
    }
  }

  private begin(id: number, head: OutsideRequestHead): void {
    if (this.streams.has(id)) return;
    const requests = this.requests();
    if (requests === undefined) return this.answer(id, { answer: 'fail', message: `machine ${this.machine} has no power` });
    const upstream = this.world.mailbox<unknown>();
    this.streams.set(id, upstream);
    const done = (answer: OutsideAnswer): void => {
      this.streams.delete(id);
      this.answer(id, answer);
    };
    requests.put(
      {
        request: requestOf(head),
        certificate: head.certificate,
        upstream,
        respond: ({ status, headers, body }, streaming) => this.answer(id, { answer: 'respond', status, headers, streaming, ...(body === undefined ? {} : { body }) }),
        data: (data) => this.answer(id, { answer: 'data', data }),
        end: () => done({ answer: 'end' }),
        fail: (message) => done({ answer: 'fail', message }),
      },
      0,
    );
  }

  private answer(id: number, answer: OutsideAnswer): void {
    this.onAnswer?.(id, answer);
  }

  private finish(id: number): void {
    this.streams.get(id)?.close();
    this.streams.delete(id);
  }

  /** The gateway's mailbox; the gateway is started again when it died with its machine, and what it had in hand has failed. */
  private requests(): Mailbox<OutsideRequest> | undefined {
    if (this.process !== undefined && this.process.exit === undefined) return this.door.requests;
    for (const id of [...this.streams.keys()]) {
      this.finish(id);
      this.answer(id, { answer: 'fail', message: 'the gateway has ended' });
    }
    if (!this.world.machine(this.machine).on) return undefined;
    const requests = this.world.mailbox<OutsideRequest>();
    this.door.requests = requests;
    this.process = this.world.spawn(this.machine, { program: 'gateway', privileged: true });
    return requests;
  }
}

function frameOf(data: OutsideData): unknown {
  if (data.tls !== undefined) return 'certificate' in data.tls ? ({ shown: data.tls.certificate } satisfies ShownCertificate) : ({ kind: 'tls-client-hello', serverName: data.tls.serverName } satisfies TlsMessage);
  if (data.http !== undefined) return { kind: 'request', stream: data.stream ?? 1, request: requestOf(data.http), open: false } satisfies HttpFrame;
  return data;
}

const halfCharacter = /\\u[dD][89a-fA-F]/;

/** Half a character is none: Go's decoder puts U+FFFD in its place. */
function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd') : value;
}

/** Bodies inside the world are values: JSON (and the JSON that protobuf stands for) is read here, anything else stays text, so that the API server can read or refuse it. */
export function requestOf(head: OutsideRequestHead): HttpRequest {
  const { method, path, query, headers } = head;
  const request = { method, path, query, headers };
  if (head.bytes !== undefined) return { ...request, body: new UnreadableBody(decodeBase64Bytes(head.bytes.slice(0, 44)) ?? [], head.unread?.problem, head.unread?.apiVersion, head.unread?.kind) };
  const { body } = head;
  if (body === undefined || body === '') return request;
  const type = ((headers['content-type'] ?? '').split(';')[0] as string).trim();
  if (type !== '' && !type.endsWith('json') && type !== 'application/vnd.kubernetes.protobuf') return { ...request, body };
  try {
    const value = parseJson(body, halfCharacter.test(body) ? wellFormed : undefined);
    // A value has each field once: whoever names one twice is read, and told of it, by the API server.
    // A value that is text would be taken for what is not read yet.
    return { ...request, body: typeof value === 'string' || hasDuplicateFields(body) ? body : value };
  } catch {
    return { ...request, body };
  }
}

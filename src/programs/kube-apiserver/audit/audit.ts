// The audit log: a line of JSON for each stage of a request that the policy asks for, as --audit-log-path names the file.
import { formatMicroTime } from '../../../api/meta/time.ts';
import type { Host } from '../../../kernel/host.ts';
import { type HttpRequest, type HttpResponse, UnreadableBody } from '../../../wire/http.ts';
import type { Config } from '../config.ts';
import type { RequestInfo } from '../request-info.ts';
import type { User } from '../stages/user.ts';
import { AuditPolicy, type Decision, type Stage } from './policy.ts';

/** One request being audited. */
export interface AuditedRequest {
  readonly id: string;
  readonly decision: Decision;
  readonly user: User;
  impersonated: User | undefined;
  readonly info: RequestInfo;
  readonly http: HttpRequest;
  readonly remote: string;
  readonly receivedMs: number;
  readonly annotations: Map<string, string>;
}

const mostLines = 20_000;

export class AuditLog {
  private readonly host: Host;
  private readonly policy: AuditPolicy;
  private readonly path: string;
  private lines: number;

  private constructor(host: Host, policy: AuditPolicy, path: string) {
    this.host = host;
    this.policy = policy;
    this.path = path;
    this.lines = path === '-' ? 0 : host.disk.readLog(path).length;
  }

  /** undefined without the flags. Throws an Error for a policy that cannot be read. */
  static open(host: Host, { auditPolicyFile, auditLogPath }: Config): AuditLog | undefined {
    if (auditLogPath === undefined || auditPolicyFile === undefined) return undefined;
    const text = host.disk.readText(auditPolicyFile);
    if (text === undefined) throw new Error(`loading audit policy file: failed to read file path ${JSON.stringify(auditPolicyFile)}: open ${auditPolicyFile}: no such file or directory`);
    try {
      return new AuditLog(host, AuditPolicy.parse(text), auditLogPath);
    } catch (error) {
      throw new Error(`loading audit policy file: ${(error as Error).message}: from file ${auditPolicyFile}`);
    }
  }

  begin(http: HttpRequest, info: RequestInfo, user: User, remote: string): AuditedRequest | undefined {
    const decision = this.policy.decide(user, info);
    if (decision.level === 'None') return undefined;
    const { random, clock } = this.host;
    const id = http.headers['audit-id'] ?? `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;
    const audited: AuditedRequest = { id, decision, user, impersonated: undefined, info, http, remote, receivedMs: clock.wallMs(), annotations: new Map() };
    this.write(audited, 'RequestReceived');
    return audited;
  }

  end(audited: AuditedRequest, response: HttpResponse, streams: boolean): void {
    this.write(audited, streams ? 'ResponseStarted' : 'ResponseComplete', response);
  }

  private write(audited: AuditedRequest, stage: Stage, response?: HttpResponse): void {
    if (audited.decision.omitStages.includes(stage)) return;
    const line = JSON.stringify(this.event(audited, stage, response));
    if (this.path === '-') {
      this.host.output.write(`${line}\n`);
      return;
    }
    // As a rotated log: the oldest half goes.
    if (this.lines >= mostLines) {
      const kept = this.host.disk.readLog(this.path).slice(mostLines / 2);
      this.host.disk.rewriteLog(this.path, 0, kept);
      this.lines = kept.length;
    }
    this.host.disk.append(this.path, line);
    this.lines++;
  }

  private event(audited: AuditedRequest, stage: Stage, response: HttpResponse | undefined): object {
    const { id, decision, user, impersonated, info, http, remote, receivedMs, annotations } = audited;
    const body = response?.body;
    const strip = (value: unknown): unknown => (decision.omitManagedFields ? withoutManagedFields(value) : value);
    const withRequest = decision.level !== 'Metadata' && http.body !== undefined && !(http.body instanceof UnreadableBody) && stage !== 'RequestReceived';
    const withResponse = decision.level === 'RequestResponse' && typeof body === 'object' && body !== null && stage === 'ResponseComplete';
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: decision.level,
      auditID: id,
      stage,
      requestURI: http.path + (http.query.length === 0 ? '' : `?${http.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`),
      verb: info.verb,
      user: userJson(user),
      ...(impersonated === undefined ? {} : { impersonatedUser: userJson(impersonated) }),
      sourceIPs: [remote.slice(0, remote.lastIndexOf(':'))],
      ...(http.headers['user-agent'] === undefined ? {} : { userAgent: http.headers['user-agent'] }),
      ...(info.isResource ? { objectRef: objectRef(audited, body) } : {}),
      ...(response === undefined ? {} : { responseStatus: statusOf(response) }),
      ...(withRequest ? { requestObject: strip(http.body) } : {}),
      ...(withResponse ? { responseObject: strip(body) } : {}),
      requestReceivedTimestamp: formatMicroTime(receivedMs),
      stageTimestamp: formatMicroTime(this.host.clock.wallMs()),
      ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    };
  }
}

const userJson = ({ name, uid, groups, extra }: User): object => ({ username: name, ...(uid === undefined || uid === '' ? {} : { uid }), groups, ...(Object.keys(extra).length === 0 ? {} : { extra }) });

function objectRef({ info, http }: AuditedRequest, body: unknown): object {
  const metadata = ((body ?? {}) as { readonly metadata?: { readonly name?: string; readonly uid?: string; readonly resourceVersion?: string } }).metadata;
  const asked = (typeof http.body === 'object' && http.body !== null ? (http.body as { readonly metadata?: { readonly name?: string; readonly uid?: string; readonly resourceVersion?: string } }).metadata : undefined) ?? {};
  const name = info.name !== '' ? info.name : info.verb === 'create' ? (metadata?.name ?? asked.name ?? '') : '';
  return {
    resource: info.resource,
    ...(info.namespace === '' ? {} : { namespace: info.namespace }),
    ...(name === '' ? {} : { name }),
    ...(asked.uid === undefined ? {} : { uid: asked.uid }),
    ...(info.group === '' ? {} : { apiGroup: info.group }),
    apiVersion: info.version,
    ...(asked.resourceVersion === undefined ? {} : { resourceVersion: asked.resourceVersion }),
    ...(info.subresource === '' ? {} : { subresource: info.subresource }),
  };
}

function statusOf({ status, body }: HttpResponse): object {
  const said = (typeof body === 'object' && body !== null ? body : {}) as { readonly kind?: string; readonly status?: unknown; readonly message?: string; readonly reason?: string; readonly details?: object };
  if (said.kind !== 'Status' || status < 400) return { metadata: {}, code: status };
  return { metadata: {}, status: said.status, message: said.message, ...(said.reason === undefined ? {} : { reason: said.reason }), ...(said.details === undefined ? {} : { details: said.details }), code: status };
}

function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const object = value as { readonly metadata?: Readonly<Record<string, unknown>>; readonly items?: readonly unknown[] };
  const { managedFields: _fields, ...metadata } = object.metadata ?? {};
  return { ...object, ...(object.metadata === undefined ? {} : { metadata }), ...(object.items === undefined ? {} : { items: object.items.map(withoutManagedFields) }) };
}

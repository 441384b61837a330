// Every request that the API servers of a run answered: who, what, when, how it ended, and which request led to it.
import type { TraceEvent } from '../../kernel/world.ts';
import type { ApiserverEvent } from '../../programs/kube-apiserver/events.ts';

export interface LoggedRequest {
  readonly atMs: number;
  /** The user that was authenticated. */
  readonly user: string;
  readonly verb: string;
  /** As the audit log writes it: `apps/deployments/status`, `pods`; '' for paths outside the resources. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** The trace event of its arrival. */
  readonly event: number;
}

export class RequestLog {
  private readonly causes: number[] = [];
  private readonly open = new Map<number, { readonly received: Extract<ApiserverEvent, { type: 'apiserver.received' }>; readonly atMs: number; user: string }>();
  readonly requests: LoggedRequest[] = [];

  see(event: TraceEvent): void {
    this.causes[event.id] = event.cause;
    const data = event.data as ApiserverEvent;
    if (data.type === 'apiserver.received') this.open.set(event.id, { received: data, atMs: event.atMs, user: '' });
    else if (data.type === 'apiserver.authenticated') {
      const request = this.open.get(event.cause);
      if (request !== undefined) request.user = data.user;
    } else if (data.type === 'apiserver.responded') {
      const request = this.open.get(data.request);
      if (request === undefined) return;
      this.open.delete(data.request);
      const { received, atMs, user } = request;
      this.requests.push({ atMs, user, verb: received.verb, resource: auditName(received.resource), namespace: received.namespace, name: received.name, code: data.code, event: data.request });
    }
  }

  /** Whether `later` follows from `earlier` by the trace's causes. */
  follows(later: LoggedRequest, earlier: LoggedRequest): boolean {
    let at = later.event;
    while (at > earlier.event) at = this.causes[at] ?? 0;
    return at === earlier.event;
  }
}

/** `deployments.apps/status` is `apps/deployments/status` in the audit log. */
function auditName(resource: string): string {
  const [base = '', ...sub] = resource.split('/');
  const dot = base.indexOf('.');
  return [...(dot < 0 ? [base] : [base.slice(dot + 1), base.slice(0, dot)]), ...sub].join('/');
}

// Leader election on a coordination Lease, as client-go does it: one holder is active, the others look every few seconds.
import { formatMicroTime } from '../api/meta/time.ts';
import type { ApiObject } from '../api/meta/object.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Host } from '../kernel/host.ts';
import type { Task, TaskHandle } from '../kernel/task.ts';
import { ApiError, isNotFound } from './api-error.ts';
import type { ApiClient, ResourceRef } from './contract.ts';
import type { ClientEvent } from './events.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { Flags } from './flags.ts';
import { randomUuid } from './uuid.ts';

export interface LeaderElectionOptions {
  readonly lease: string;
  readonly namespace: string;
  /** `hostname_uuid` */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  /** Started as a task of its own when the lease is ours. */
  readonly run: () => Task<void>;
  readonly recorder?: EventRecorder;
}

/** What the binaries' `--leader-elect-*` flags say, with their defaults; the lease has the program's name unless they give another. */
export function electionFromFlags(host: Host, flags: Flags, program: string): Omit<LeaderElectionOptions, 'run'> {
  return {
    lease: flags.get('leader-elect-resource-name') ?? program,
    namespace: flags.get('leader-elect-resource-namespace') ?? 'kube-system',
    identity: `${host.hostname}_${randomUuid(host.random)}`,
    leaseDurationMs: flags.durationMs('leader-elect-lease-duration', 15_000),
    renewDeadlineMs: flags.durationMs('leader-elect-renew-deadline', 10_000),
    retryPeriodMs: flags.durationMs('leader-elect-retry-period', 2000),
  };
}

interface Lease extends ApiObject {
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

const leases: ResourceRef = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };

/** Returns when the lease was lost (or `run` ended); the program then exits with code 1, as the real ones do. */
export function* runLeaderElection(host: Host, client: ApiClient, options: LeaderElectionOptions): Task<'lost' | 'ended'> {
  const elector = new Elector(host, client, options);
  yield* elector.acquire();
  const running: TaskHandle<void> = host.tasks.spawn(`${options.lease} leading`, options.run());
  const first = yield* host.tasks.race<'lost' | 'ended'>(elector.renewUntilLost(), ended(running));
  return first.value;
}

function* ended(running: TaskHandle<void>): Task<'ended'> {
  yield* running.join();
  return 'ended';
}

class Elector {
  private readonly host: Host;
  private readonly client: ApiClient;
  private readonly options: LeaderElectionOptions;
  private readonly leaseDurationMs: number;
  private readonly renewDeadlineMs: number;
  private readonly retryPeriodMs: number;
  private observed: Lease | undefined;
  private observedMs = 0;
  private reportedHolder = '';

  constructor(host: Host, client: ApiClient, options: LeaderElectionOptions) {
    this.host = host;
    this.client = client;
    this.options = options;
    this.leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.retryPeriodMs = options.retryPeriodMs ?? 2000;
  }

  *acquire(): Task<void> {
    while (!(yield* this.tryAcquireOrRenew(Infinity))) {
      yield* this.host.clock.sleep(this.retryPeriodMs * (1 + 1.2 * this.host.random.next()));
    }
    const { lease, namespace, identity } = this.options;
    this.host.trace.emit<ClientEvent>({ type: 'lease.acquired', lease: `${namespace}/${lease}`, identity, transitions: this.observed?.spec.leaseTransitions ?? 0 });
    this.host.output.error(`"Successfully acquired lease" lock="${namespace}/${lease}"\n`);
    if (this.observed !== undefined) this.options.recorder?.event(this.observed, 'Normal', 'LeaderElection', `${identity} became leader`);
  }

  *renewUntilLost(): Task<'lost'> {
    const { lease, namespace, identity } = this.options;
    for (;;) {
      yield* this.host.clock.sleep(this.retryPeriodMs);
      const deadlineMs = this.host.clock.nowMs() + this.renewDeadlineMs;
      let renewed = false;
      for (;;) {
        if (deadlineMs <= this.host.clock.nowMs()) break;
        renewed = yield* this.tryAcquireOrRenew(deadlineMs);
        if (renewed) break;
        const pauseMs = Math.min(this.retryPeriodMs, deadlineMs - this.host.clock.nowMs());
        if (pauseMs > 0) yield* this.host.clock.sleep(pauseMs);
      }
      if (renewed) continue;
      this.host.trace.emit<ClientEvent>({ type: 'lease.lost', lease: `${namespace}/${lease}`, identity, message: 'context deadline exceeded' });
      this.host.output.error(`"Failed to renew lease" lock="${namespace}/${lease}" err="context deadline exceeded"\n"leaderelection lost"\n`);
      return 'lost';
    }
  }

  /** One request may take half the renew deadline (as client-go's resource lock sets it), and never longer than until `deadlineMs`. */
  private requestTimeoutMs(deadlineMs: number): number {
    return Math.max(1, Math.min(Math.max(this.renewDeadlineMs / 2, 1000), deadlineMs - this.host.clock.nowMs()));
  }

  private *tryAcquireOrRenew(deadlineMs: number): Task<boolean> {
    const { lease, namespace, identity } = this.options;
    const wallMs = this.host.clock.wallMs();
    const now = formatMicroTime(wallMs);
    const mine = { holderIdentity: identity, leaseDurationSeconds: Math.floor(this.leaseDurationMs / 1000), acquireTime: now, renewTime: now, leaseTransitions: 0 };
    try {
      // Fast path of a holder: write what we last saw, renewed.
      const own = this.observed;
      if (own?.spec.holderIdentity === identity && this.observedMs + this.leaseDurationMs > this.host.clock.nowMs()) {
        try {
          this.observe(yield* this.client.update<Lease>(leases, namespace, { ...own, spec: { ...own.spec, leaseDurationSeconds: mine.leaseDurationSeconds, renewTime: now } }, { timeoutMs: this.requestTimeoutMs(deadlineMs) }));
          return true;
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          this.log('Failed to update lease optimistically, falling back to slow path', error);
        }
      }
      let current: Lease;
      try {
        current = yield* this.client.get<Lease>(leases, namespace, lease, { timeoutMs: this.requestTimeoutMs(deadlineMs) });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        this.observe(yield* this.client.create<Lease>(leases, namespace, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: lease, namespace }, spec: mine }, { timeoutMs: this.requestTimeoutMs(deadlineMs) }));
        return true;
      }
      const seen = this.observed;
      if (seen === undefined || seen.metadata.resourceVersion !== current.metadata.resourceVersion) {
        const sameRecord = seen !== undefined && seen.spec.renewTime === current.spec.renewTime && seen.spec.holderIdentity === current.spec.holderIdentity;
        this.observed = current;
        if (!sameRecord) this.observedMs = this.host.clock.nowMs();
      }
      const holder = current.spec.holderIdentity ?? '';
      const heldMs = (current.spec.leaseDurationSeconds ?? 15) * 1000;
      if (holder !== '' && holder !== identity && this.observedMs + heldMs > this.host.clock.nowMs()) {
        this.reportHolder(holder);
        return false;
      }
      const transitions = (current.spec.leaseTransitions ?? 0) + (holder === identity ? 0 : 1);
      const spec = { ...current.spec, ...mine, acquireTime: holder === identity ? (current.spec.acquireTime ?? now) : now, leaseTransitions: transitions };
      this.observe(yield* this.client.update<Lease>(leases, namespace, { ...current, spec }, { timeoutMs: this.requestTimeoutMs(deadlineMs) }));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
      this.log(`error retrieving or updating resource lock ${namespace}/${lease}`, error);
      return false;
    }
  }

  private observe(lease: Lease): void {
    this.observed = lease;
    this.observedMs = this.host.clock.nowMs();
    this.reportedHolder = lease.spec.holderIdentity ?? '';
  }

  private reportHolder(holder: string): void {
    if (this.reportedHolder === holder) return;
    this.reportedHolder = holder;
    this.host.trace.emit<ClientEvent>({ type: 'lease.standby', lease: `${this.options.namespace}/${this.options.lease}`, identity: this.options.identity, holder });
    this.host.output.error(`"New leader elected" identity="${holder}"\n`);
  }

  private log(what: string, error: Error): void {
    this.host.output.error(`"${what}" err="${error.message}"\n`);
  }
}

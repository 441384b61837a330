// What kube-scheduler says at /metrics: names, labels and stability as in upstream's reference, as far as there is something behind them here.
import { leaderFamily, requestsFamily } from '../../client/client-metrics.ts';
import type { Host } from '../../kernel/host.ts';
import { family, processFamilies, type Family, type Sample, type Tally } from '../../wire/metrics.ts';
import { buildFamily } from '../images/build-info.ts';
import { imageVersion } from '../images/releases.ts';
import type { Measures } from './measured.ts';

export interface SchedulerState {
  readonly startedMs: number;
  readonly leads: boolean;
  readonly requests: Tally;
}

const profile = 'default-scheduler';

export function schedulerMetrics(host: Host, { startedMs, leads, requests }: SchedulerState, { counted, pending, cached }: Measures): readonly Family[] {
  const named = (label: string, values: Readonly<Record<string, number>>): readonly Sample[] => Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
  const ofProfile = (samples: readonly Sample[]): readonly Sample[] => samples.map((sample) => ({ ...sample, labels: { profile, ...sample.labels } }));
  return [
    ...processFamilies(host, startedMs),
    buildFamily(imageVersion(host)),
    leaderFamily('kube-scheduler', leads),
    requestsFamily(requests),
    family('gauge', 'scheduler_cache_size', '[ALPHA] Nodes, pods and assumed pods that the scheduler has in mind.', named('type', cached)),
    family('gauge', 'scheduler_pending_pods', '[STABLE] Pods that wait, by queue: active to be tried next, backoff after a failure, unschedulable until the cluster changes, gated until their gates are gone.', named('queue', pending)),
    family('histogram', 'scheduler_pod_scheduling_attempts', '[STABLE] Attempts until a pod was placed.', counted.attemptsNeeded.samples(5)),
    family('histogram', 'scheduler_pod_scheduling_sli_duration_seconds', '[BETA] Time from the arrival of a pod until it was placed, in seconds, by attempts.', counted.waitSeconds.samples(20, ['attempts'])),
    family('counter', 'scheduler_preemption_attempts_total', '[STABLE] How often pods were looked for that could make room.', counted.preemptions),
    family('histogram', 'scheduler_preemption_victims', '[STABLE] Pods that had to make room for another.', counted.victims.samples(7)),
    family('counter', 'scheduler_schedule_attempts_total', '[STABLE] Attempts to place a pod, by result.', ofProfile(counted.attempts.samples(['result']))),
    family('histogram', 'scheduler_scheduling_attempt_duration_seconds', '[STABLE] How long an attempt took with its binding, in seconds, by result.', ofProfile(counted.attemptSeconds.samples(15, ['result']))),
  ];
}

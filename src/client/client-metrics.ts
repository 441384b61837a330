// What every client of the API server says at /metrics of its requests and of its lease, as client-go has it.
import { family, type Family, type Tally } from '../wire/metrics.ts';

export function requestsFamily(requests: Tally): Family {
  return family('counter', 'rest_client_requests_total', '[ALPHA] Requests that were sent, by the code of the answer, host and method.', requests.samples(['code', 'host', 'method']));
}

export function leaderFamily(name: string, leads: boolean): Family {
  return family('gauge', 'leader_election_master_status', '[ALPHA] 1 while this process holds the lease of that name, 0 while it stands by.', [{ labels: { name }, value: leads ? 1 : 0 }]);
}

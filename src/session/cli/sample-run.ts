// A run with something happening in it, for comparing histories between engines.
import { protocolVersion, type Run } from '../protocol.ts';

export function sampleRun(preset: Run['preset'], seed: number): Run {
  return {
    version: protocolVersion,
    preset,
    seed,
    epochMs: 1_767_225_600_000,
    inputs: [
      { atMs: 40_000, command: { do: 'run', machine: 'laptop', line: 'kubectl create deployment web --image=nginx:1.27 --replicas=4 && kubectl expose deployment web --port=80' } },
      { atMs: 60_000, command: { do: 'traffic', name: 'client', target: 'web.default', ratePerSecond: 5 } },
      { atMs: 90_000, command: { do: 'power', machine: 'w2-k8s', on: false } },
      { atMs: 500_000, command: { do: 'power', machine: 'w2-k8s', on: true } },
    ],
  };
}

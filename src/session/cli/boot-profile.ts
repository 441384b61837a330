// What a cluster does by itself: every preset, nobody doing anything. The build runs it to see which code that needs.
import { LiveRun } from '../live-run.ts';
import { openCluster } from '../open-cluster.ts';
import { protocolVersion, type FromSession, type PresetName } from '../protocol.ts';
import { Session } from '../session.ts';

const epochMs = 1_767_225_600_000;

/** As the page shows it: played, paused, stepped, scrubbed. */
function watch(preset: PresetName, seed: number, untilMs: number): void {
  let realMs = 0;
  const session = new Session({ open: openCluster, send: (_: FromSession) => undefined, realMs: () => (realMs += 0.01), budgetMs: 12 });
  const advance = (times: number) => {
    for (let count = 0; count < times; count++) {
      realMs += 16;
      session.advance();
    }
  };
  session.receive({ kind: 'control', control: { control: 'start', run: { version: protocolVersion, preset, seed, epochMs, inputs: [] }, playing: true, speed: 1 } });
  // What the page says after each start.
  session.receive({ kind: 'control', control: { control: 'follow', root: 0, paced: true } });
  session.receive({ kind: 'control', control: { control: 'fold-idle', on: true } });
  session.receive({ kind: 'control', control: { control: 'families', show: ['client', 'watch', 'etcd'] } });
  advance(30);
  for (const control of ['pause', 'step', 'live', 'play'] as const) session.receive({ kind: 'control', control: { control } });
  session.receive({ kind: 'control', control: { control: 'seek', toMs: 500 } });
  advance(5);
  session.receive({ kind: 'control', control: { control: 'live' } });
  session.receive({ kind: 'control', control: { control: 'play' } });
  session.receive({ kind: 'control', control: { control: 'speed', speed: 100 } });
  advance(Math.ceil(untilMs / 1600));
}

/** The other chunk does not come: that, too, must be said without it. */
function withoutTools(): void {
  let realMs = 0;
  const session = new Session({ open: openCluster, send: (_: FromSession) => undefined, realMs: () => (realMs += 0.01), budgetMs: 12, toolsAreComing: true });
  session.receive({ kind: 'control', control: { control: 'start', run: { version: protocolVersion, preset: 'single', seed: 1, epochMs, inputs: [] }, playing: true, speed: 1 } });
  session.receive({ kind: 'command', id: 1, command: { do: 'run', machine: 'laptop', line: 'kubectl get nodes' } });
  session.receive({ kind: 'query', id: 2, query: { query: 'why', of: 1 } });
  session.toolsFailed('');
  session.receive({ kind: 'command', id: 3, command: { do: 'run', machine: 'laptop', line: 'kubectl get nodes' } });
}

export function boot(): void {
  withoutTools();
  for (const preset of ['default', 'ha'] as const) {
    watch(preset, 1, 20_000);
    for (let seed = 1; seed <= 3; seed++) new LiveRun(openCluster, { version: protocolVersion, preset, seed, epochMs, inputs: [] }).advance(seed === 1 ? 300_000 : 60_000);
  }
  for (const preset of ['single', 'conformance'] as const) new LiveRun(openCluster, { version: protocolVersion, preset, seed: 1, epochMs, inputs: [] }).advance(120_000);
}

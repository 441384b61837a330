// Prints the hash of a run's history up to a moment: `hash.ts PRESET SEED UNTIL_MS`, with one Deployment applied and one worker lost on the way.
// The same run is played in Chromium by e2e/determinism.spec.ts; the two must be equal.
import { openCluster } from '../open-cluster.ts';
import type { FromSession, Run } from '../protocol.ts';
import { Session } from '../session.ts';
import { sampleRun } from './sample-run.ts';

export function hashOf(run: Run, untilMs: number): string {
  let hash = '';
  const send = (message: FromSession) => {
    if (message.kind === 'answer') hash = String(message.answer);
    if (message.kind === 'crashed') throw new Error(message.message);
  };
  const session = new Session({ open: openCluster, send, realMs: () => 0 });
  session.receive({ kind: 'control', control: { control: 'start', run, untilMs, playing: false, speed: 1 } });
  while (session.busy) session.advance();
  session.receive({ kind: 'query', id: 1, query: { query: 'hash' } });
  return hash;
}

const [preset = 'default', seed = '1', untilMs = '600000'] = process.argv.slice(2);
console.log(hashOf(sampleRun(preset as Run['preset'], Number(seed)), Number(untilMs)));

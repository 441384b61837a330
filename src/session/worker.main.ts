// The Web Worker's door: messages in, messages out, and real time. Nothing of the simulation knows that it runs in a worker.
import { openCluster } from './open-cluster.ts';
import type { FromSession, ToSession } from './protocol.ts';
import { Session } from './session.ts';

const scope = self as unknown as { postMessage(message: FromSession): void; onmessage: ((event: { readonly data: ToSession }) => void) | null };

const paintMs = 16;
const budgetMs = 12;

const session = new Session({ open: openCluster, send: (message) => scope.postMessage(message), realMs: () => performance.now(), budgetMs, toolsAreComing: true });

/** A message channel gives the thread back without the delay of a timer. */
const soon = new MessageChannel();
let waiting = false;

function schedule(): void {
  if (waiting || !session.running) return;
  waiting = true;
  if (session.busy) soon.port2.postMessage(0);
  else setTimeout(tick, nextPaintMs());
}

let lastTickMs = 0;
function nextPaintMs(): number {
  return Math.max(0, paintMs - (performance.now() - lastTickMs));
}

function tick(): void {
  waiting = false;
  lastTickMs = performance.now();
  session.advance();
  schedule();
}
soon.port1.onmessage = tick;

scope.onmessage = ({ data }) => {
  session.receive(data);
  schedule();
};

// The second chunk: what runs only once somebody does something. It is asked for at once, and nobody waits for it who does nothing.
import('virtual:tools').then(
  ({ bringTools }) => {
    bringTools();
    session.toolsArrived();
    schedule();
  },
  (error: unknown) => {
    session.toolsFailed(`a part of the page could not be loaded: ${error instanceof Error ? error.message : String(error)}`);
    schedule();
  },
);

// The page's first script: the simulation is started before anything is drawn, so that something moves within a second.
import './design/base.css';
import { createRoot } from 'react-dom/client';
import { App, preloadLayout } from './App.tsx';
import { embedOptions } from './embed/options.ts';
import { openingRun } from './store/opening.ts';
import { startTexts } from './i18n/i18n.ts';
import { startRun } from './store/boot.ts';
import { isJoined, joinDoor } from './store/door.ts';
import { followHops } from './store/follow.ts';
import { runStore } from './store/run-store.ts';
import { connect, session, workerPort } from './store/session-client.ts';

async function start(): Promise<void> {
  const opening = openingRun();
  if (import.meta.env.MODE === 'fake') {
    const { fakePort } = await import('./dev/fake-session.ts');
    connect(fakePort());
  } else {
    try {
      connect(workerPort());
    } catch {
      runStore.setState({ phase: 'unsupported' });
      return;
    }
  }
  const { run, options } = await opening;
  startRun(run, options);
}

function stopWhenHidden(): void {
  // Nobody looks: the cluster waits. (An embed has its own, finer rule.)
  let stopped = false;
  document.addEventListener('visibilitychange', () => {
    const { playing } = runStore.getState();
    // A kubectl outside does not wait for somebody to look.
    if (document.hidden && playing && !isJoined()) {
      stopped = true;
      session.control({ control: 'pause' });
    } else if (!document.hidden && stopped) {
      stopped = false;
      session.control({ control: 'play' });
    }
  });
}

preloadLayout();
if (embedOptions === undefined) {
  void start();
  stopWhenHidden();
  joinDoor();
}
followHops();
void startTexts().then(() => {
  const root = document.getElementById('root');
  if (root !== null) createRoot(root).render(<App start={() => void start()} />);
  // Type faces come last: the system's serve until then.
  const load = () => void import('./design/fonts.ts');
  if ('requestIdleCallback' in window) requestIdleCallback(load, { timeout: 2500 });
  else setTimeout(load, 800);
});

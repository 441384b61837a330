// The page's end of the line to one running session. Everything goes through `command`, `control` and `query`; everything that comes
// back is handed to the stores.
import type { Command, Control, FromSession, OutsideAnswer, PresetName, Query, Run, ToSession } from '../../session/protocol.ts';
import { protocolVersion } from '../../session/protocol.ts';
import i18next from 'i18next';
import { showProblem } from './notices.ts';
import { clearPresentation, expectChange, hold, receiveFrame } from './presentation.ts';
import { restartRun, runStore } from './run-store.ts';
import { scene } from './scene-store.ts';
import { restartTerminals, showOutput } from './terminal-store.ts';
import { viewStore } from './view-store.ts';
import type { EventId } from './types.ts';

export interface SessionPort {
  post(message: ToSession): void;
  listen(take: (message: FromSession) => void): void;
  close(): void;
}

export interface Accepted {
  readonly event: EventId;
  readonly atMs: number;
}

export function workerPort(): SessionPort {
  const worker = new Worker(new URL('../../session/worker.main.ts', import.meta.url), { type: 'module', name: 'terrarium' });
  return {
    post: (message) => worker.postMessage(message),
    listen: (take) => {
      worker.addEventListener('message', (event: MessageEvent<FromSession>) => take(event.data));
      worker.addEventListener('error', (event) => {
        runStore.setState({ phase: 'crashed', crash: { message: event.message === '' ? 'The simulation could not be loaded.' : event.message, seed: runStore.getState().run?.seed ?? 0 } });
      });
    },
    close: () => worker.terminate(),
  };
}

let port: SessionPort | undefined;
let ready: Promise<void> = Promise.resolve();
let nextId = 1;
const commands = new Map<number, { resolve(accepted: Accepted): void; reject(problem: Error): void }>();
const queries = new Map<number, (answer: unknown) => void>();
const outsideListeners = new Set<(id: number, answer: OutsideAnswer) => void>();
const restartListeners = new Set<(run: Run) => void>();

export function connect(with_: SessionPort): void {
  port = with_;
  ready = new Promise((resolve) => {
    with_.listen((message) => {
      if (message.kind === 'ready') resolve();
      else take(message);
    });
  });
}

function take(message: Exclude<FromSession, { kind: 'ready' }>): void {
  switch (message.kind) {
    case 'frame':
      receiveFrame(message.frame);
      break;
    case 'restart':
      clearPresentation();
      restartRun(message.run, message.moments, message.nowMs);
      scene.restart(message.scene);
      restartTerminals(message.terminal);
      viewStore.setState({ menu: undefined, hover: undefined, openFlight: undefined, lit: undefined, chosenMachines: [] });
      for (const listener of restartListeners) listener(message.run);
      break;
    case 'terminal':
      showOutput([message.output]);
      break;
    case 'accepted':
      commands.get(message.id)?.resolve({ event: message.event, atMs: message.atMs });
      commands.delete(message.id);
      break;
    case 'refused':
      commands.get(message.id)?.reject(new Error(i18next.t(`refusal.${message.refusal.key}`, { ...message.refusal.params })));
      commands.delete(message.id);
      break;
    case 'answer':
      queries.get(message.id)?.(message.answer);
      queries.delete(message.id);
      break;
    case 'outside':
      for (const listener of outsideListeners) listener(message.id, message.answer);
      break;
    case 'tools':
      if (message.problem !== undefined) showProblem(i18next.t('notice.noTools'));
      break;
    case 'crashed':
      runStore.setState({ phase: 'crashed', crash: { message: message.message, seed: message.seed } });
      break;
  }
}

function post(message: ToSession): void {
  void ready.then(() => port?.post(message));
}

export const defaultEpochMs = 1767225600000;

export function newRun(preset: PresetName, seed = 1, nodes?: number): Run {
  return { version: protocolVersion, preset, seed, epochMs: defaultEpochMs, inputs: [], ...(nodes === undefined ? {} : { nodes }) };
}

export const session = {
  /** Resolves with the event that is the root of what follows; rejects with the reason, in the page's language, when refused. */
  command(command: Command): Promise<Accepted> {
    const id = nextId++;
    expectChange();
    post({ kind: 'command', id, command });
    return new Promise((resolve, reject) => {
      commands.set(id, {
        resolve: (accepted) => {
          runStore.setState((state) => ({ inputs: state.inputs + 1 }));
          resolve(accepted);
        },
        reject,
      });
    });
  },
  query<T>(query: Query): Promise<T> {
    const id = nextId++;
    post({ kind: 'query', id, query });
    return new Promise((resolve) => queries.set(id, (answer) => resolve(answer as T)));
  },
  control(control: Control): void {
    if (control.control === 'pause') hold(true);
    else if (control.control === 'play') hold(false);
    else if (control.control !== 'speed' && control.control !== 'families' && control.control !== 'follow' && control.control !== 'fold-idle') {
      expectChange();
    }
    if (control.control === 'start') {
      runStore.setState({ phase: 'starting', hops: [], moments: [], crash: undefined });
      viewStore.setState({ selected: undefined });
    }
    if (control.control === 'follow') runStore.setState({ following: control.root, hops: [] });
    if (control.control === 'fold-idle') runStore.setState({ foldIdle: control.on });
    post({ kind: 'control', control });
  },
  /** What comes back for requests of clients outside. */
  onOutside(listener: (id: number, answer: OutsideAnswer) => void): () => void {
    outsideListeners.add(listener);
    return () => outsideListeners.delete(listener);
  },
  onRestart(listener: (run: Run) => void): () => void {
    restartListeners.add(listener);
    return () => restartListeners.delete(listener);
  },
};

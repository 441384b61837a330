// A page that was served by a door joins it: requests of a real kubectl come in over a WebSocket and go to the session as any other input does.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { joinParameter, joinPath, type FromPage, type ToPage } from '../../session/page-protocol.ts';
import type { OutsideCommand } from '../../session/protocol.ts';
import { session } from './session-client.ts';
import { showNote } from './terminal-store.ts';

export interface DoorState {
  /** `absent`: this page was not served by a door. */
  readonly link: 'absent' | 'joining' | 'joined' | 'replaced' | 'lost';
  readonly kubeconfig: string;
  readonly url: string;
  /** Requests that have come in. */
  readonly requests: number;
}

const doorStore = createStore<DoorState>(() => ({ link: 'absent', kubeconfig: '', url: '', requests: 0 }));
export function useDoor<T>(select: (state: DoorState) => T): T {
  return useStore(doorStore, select);
}

const againMs = 2000;
const storageKey = 'terrarium.door';
let socket: WebSocket | undefined;
/** kubectl names each run of itself: its first request is told in the terminal. */
let lastKubectl = '';

/** The token leaves the address, so that it is not shared with it; this tab remembers it. */
function takeToken(): string | undefined {
  const address = new URL(location.href);
  const token = address.searchParams.get(joinParameter);
  try {
    if (token === null) return sessionStorage.getItem(storageKey) ?? undefined;
    sessionStorage.setItem(storageKey, token);
  } catch {
    // No storage: a reload will have to come by the link again.
  }
  if (token === null) return undefined;
  address.searchParams.delete(joinParameter);
  history.replaceState(history.state, '', address);
  return token;
}

/** Whether the page has been joined to a door: then kubectl may want it while nobody looks. */
export function isJoined(): boolean {
  return doorStore.getState().link === 'joined';
}

export function joinDoor(): void {
  const token = takeToken();
  if (token === undefined) return;
  session.onOutside((id, answer) => say({ kind: 'answer', id, answer }));
  session.onRestart(() => say({ kind: 'restarted' }));
  open(token);
}

function open(token: string): void {
  doorStore.setState({ link: 'joining' });
  const address = new URL(joinPath, location.href);
  address.protocol = 'ws:';
  address.search = new URLSearchParams({ [joinParameter]: token }).toString();
  const mine = new WebSocket(address);
  socket = mine;
  mine.addEventListener('message', (event: MessageEvent<string>) => hear(JSON.parse(event.data) as ToPage));
  mine.addEventListener('close', () => {
    if (socket !== mine) return;
    socket = undefined;
    if (doorStore.getState().link === 'replaced') return;
    doorStore.setState({ link: 'lost' });
    setTimeout(() => open(token), againMs);
  });
}

function say(message: FromPage): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function hear(message: ToPage): void {
  switch (message.kind) {
    case 'welcome':
      doorStore.setState({ link: 'joined', kubeconfig: message.kubeconfig, url: message.url });
      return;
    case 'replaced':
      doorStore.setState({ link: 'replaced' });
      return;
    case 'command':
      perform(message.command);
  }
}

function perform(command: OutsideCommand): void {
  if (command.do === 'request') {
    doorStore.setState((state) => ({ requests: state.requests + 1 }));
    tellInTerminal(command);
  }
  session.command(command).catch((problem: unknown) => {
    if (command.do === 'request') say({ kind: 'answer', id: command.id, answer: { answer: 'fail', message: problem instanceof Error ? problem.message : String(problem) } });
  });
}

function tellInTerminal({ request }: OutsideCommand & { readonly do: 'request' }): void {
  const { 'kubectl-command': command, 'kubectl-session': run } = request.headers;
  if (command === undefined || run === undefined || run === lastKubectl) return;
  lastKubectl = run;
  showNote(`${command}  # ${doorWord()}`);
}

let word = '';
const doorWord = (): string => word;
/** The page's words for "from your own shell", in its language. */
export function nameDoor(text: string): void {
  word = text;
}

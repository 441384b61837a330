// Keys of the whole page, by their place on the keyboard (event.code), so that they work while a Korean keyboard is on.
import { changeSpeed, togglePlay } from '../player/controls.ts';
import { showPanel } from '../layout/show-panel.ts';
import { runStore } from '../store/run-store.ts';
import { session } from '../store/session-client.ts';
import { settingsStore } from '../store/settings.ts';
import { viewStore, type Tab } from '../store/view-store.ts';

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input:not([type="range"]), textarea, select, [role="menu"], [role="dialog"], .monaco-editor, .cm-editor') !== null);
}

export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || isTyping(event.target)) return;
    if ((event.ctrlKey || event.metaKey) && event.code === 'KeyZ' && !event.shiftKey) {
      event.preventDefault();
      if (runStore.getState().inputs > 0) session.control({ control: 'undo' });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target instanceof HTMLElement && event.target.closest('button, a, [role="slider"]') !== null;
    if (act(event.code, event.shiftKey, onButton)) event.preventDefault();
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}

function act(code: string, shift: boolean, onButton: boolean): boolean {
  const panels: Readonly<Record<string, Tab>> = { KeyT: 'terminal', KeyE: 'editor', KeyI: 'inspector', KeyW: 'flow' };
  const panel = panels[code];
  if (panel !== undefined) {
    showPanel(panel);
    return true;
  }
  switch (code) {
    case 'Space':
      if (onButton) return false;
      togglePlay();
      return true;
    case 'Period': session.control({ control: 'step' }); return true;
    case 'KeyH': session.control({ control: 'hop' }); return true;
    case 'KeyN': session.control({ control: 'next-moment' }); return true;
    case 'KeyL': session.control({ control: 'live' }); return true;
    case 'KeyF': session.control({ control: 'fold-idle', on: !runStore.getState().foldIdle }); return true;
    case 'BracketLeft': changeSpeed(-1); return true;
    case 'BracketRight': changeSpeed(1); return true;
    case 'KeyG': settingsStore.setState((settings) => ({ groupBy: settings.groupBy === 'owner' ? 'slot' : 'owner' })); return true;
    case 'Digit0': window.dispatchEvent(new Event('terrarium:fit')); return true;
    case 'Escape': viewStore.setState({ selected: undefined, chosenMachines: [], openFlight: undefined, hover: undefined }); return true;
    case 'Slash':
      if (!shift) return false;
      viewStore.setState({ help: true });
      return true;
    default: return false;
  }
}

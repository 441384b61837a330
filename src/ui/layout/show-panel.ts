// Brings a panel into view, whatever the size of the page: a folded panel opens, a tab comes to the front.
import { terminalStore } from '../store/terminal-store.ts';
import { viewStore, type Tab } from '../store/view-store.ts';

type Opener = (tab: Tab) => void;
let opener: Opener | undefined;

/** The desktop layout registers how its panels open. */
export function onShowPanel(open: Opener): () => void {
  opener = open;
  return () => {
    if (opener === open) opener = undefined;
  };
}

export function showPanel(tab: Tab): void {
  viewStore.setState((view) => ({
    phoneTab: tab,
    leftTab: tab === 'lesson' || tab === 'flow' || tab === 'etcd' ? tab : view.leftTab,
    bottomTabs: tab === 'traffic' ? 'traffic' : tab === 'terminal' || tab === 'editor' ? (view.bottomTabs === 'both' ? 'both' : tab) : view.bottomTabs,
  }));
  opener?.(tab);
}

// A file that a program in the terminal wants edited comes into view.
terminalStore.subscribe(({ edit }, before) => {
  if (edit !== undefined && edit !== before.edit) showPanel('editor');
});

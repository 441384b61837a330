// Keeps the graph in step with the followed flow: the hop shown now lights where it comes from and where it goes.
import { currentHop, runStore } from './run-store.ts';
import { viewStore } from './view-store.ts';

let last: number | undefined;

export function followHops(): () => void {
  return runStore.subscribe((state) => {
    const hop = state.hops.length === 0 ? undefined : currentHop(state);
    if (hop?.event === last) return;
    last = hop?.event;
    viewStore.setState({ lit: hop === undefined || hop.stage === 'done' ? undefined : { ...(hop.from === undefined ? {} : { from: hop.from }), to: hop.to ?? { machine: hop.machine, process: hop.process } } });
  });
}

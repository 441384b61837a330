// Which kinds of messages are drawn. Those that hum all the time (probes, DNS, the runtime) are off until asked for.
import { session } from './session-client.ts';
import type { Family } from './types.ts';
import { viewStore } from './view-store.ts';

export function showFamilies(show: readonly Family[]): void {
  viewStore.setState({ families: show });
  session.control({ control: 'families', show });
}

// The reader's own view of the graph, once they have chosen one: it stays when panels change their size, and goes into a shared link.
import { viewStore } from '../store/view-store.ts';

/** `x`, `y`, `zoom`: as React Flow has them. Rounded, so that a link is short. */
export function keepCamera(x: number, y: number, zoom: number): void {
  const element = document.getElementById('cluster');
  if (element === null) return;
  const { width, height } = element.getBoundingClientRect();
  viewStore.setState({ camera: { x: Math.round((width / 2 - x) / zoom), y: Math.round((height / 2 - y) / zoom), zoom: Number(zoom.toPrecision(3)) } });
}

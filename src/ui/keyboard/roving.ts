// Arrow keys on the graph: from the focused thing to the nearest one in that direction. The graph is one stop of the Tab key.
import { openMenu, select, viewStore } from '../store/view-store.ts';

const directions: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function moveAmongThings(event: React.KeyboardEvent, wrapper: HTMLElement | null): void {
  if (wrapper === null || event.altKey || event.ctrlKey || event.metaKey) return;
  const focused = document.activeElement instanceof HTMLElement && document.activeElement.dataset['thing'] !== undefined ? document.activeElement : undefined;
  if (event.code === 'Escape' && focused !== undefined) {
    event.stopPropagation();
    wrapper.tabIndex = 0;
    wrapper.focus();
    select(undefined);
    viewStore.setState({ chosenMachines: [], hover: undefined });
    return;
  }
  if ((event.code === 'ContextMenu' || (event.shiftKey && event.code === 'F10') || event.code === 'KeyM') && focused !== undefined) {
    event.preventDefault();
    const rect = focused.getBoundingClientRect();
    openMenu(focused.dataset['thing'] ?? '', rect.left + rect.width / 2, rect.bottom);
    return;
  }
  const direction = directions[event.code];
  if (direction === undefined && !(event.code === 'Enter' && focused === undefined)) return;
  event.preventDefault();
  event.stopPropagation();
  const things = [...wrapper.querySelectorAll<HTMLElement>('button[data-thing]')];
  if (focused === undefined || direction === undefined) {
    (things.find((thing) => thing.dataset['thing'] === viewStore.getState().selected) ?? things[0])?.focus();
    return;
  }
  const [dx, dy] = direction;
  const from = middle(focused);
  let best: HTMLElement | undefined;
  let least = Infinity;
  for (const thing of things) {
    if (thing === focused) continue;
    const to = middle(thing);
    const ahead = (to.x - from.x) * dx + (to.y - from.y) * dy;
    const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    if (ahead < 4) continue;
    const cost = ahead + aside * 2.2;
    if (cost < least) {
      least = cost;
      best = thing;
    }
  }
  best?.focus();
}

function middle(element: HTMLElement): { readonly x: number; readonly y: number } {
  const rect = element.getBoundingClientRect();
  return { x: rect.left + rect.width / 2, y: rect.top + rect.height / 2 };
}

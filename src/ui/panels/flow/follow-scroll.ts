import { useEffect, useRef, type RefObject } from 'react';

/** So long the reader's own scrolling is left alone (ms). */
const readingMs = 6000;

/**
 * Keeps the element that `selector` finds in view inside `frame`, `share` of its height from the top, whenever `when` changes. Whoever scrolls themselves is
 * reading and is left alone for a while; a pointer that only rests there is not reading.
 */
export function useFollowScroll(frame: RefObject<HTMLElement | null>, selector: string, share: number, when: unknown): void {
  const readAtMs = useRef(-Infinity);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const read = () => { readAtMs.current = performance.now(); };
    const own = ['wheel', 'touchmove', 'keydown'] as const;
    for (const kind of own) element.addEventListener(kind, read, { passive: true });
    return () => { for (const kind of own) element.removeEventListener(kind, read); };
  }, [frame]);
  useEffect(() => {
    const element = frame.current;
    const item = element?.querySelector<HTMLElement>(selector);
    if (element === null || item === null || item === undefined) return;
    if (performance.now() - readAtMs.current < readingMs) return;
    element.scrollTo({ top: item.offsetTop - element.clientHeight * share, behavior: 'smooth' });
  }, [frame, selector, share, when]);
}

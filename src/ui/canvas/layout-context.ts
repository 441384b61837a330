// The layout of the graph that is drawn now, for everything inside it.
import { createContext, useContext } from 'react';
import type { Layout } from './layout.ts';

const emptyLayout: Layout = { boxes: new Map(), width: 1, height: 1, pending: undefined, bands: [], risers: { left: 0, right: 0 }, portrait: false };
export const LayoutContext = createContext<Layout>(emptyLayout);
export function useGraphLayout(): Layout {
  return useContext(LayoutContext);
}

// Short messages about something that did not work, shown in a corner and read aloud.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';

export interface Notice {
  readonly id: number;
  readonly text: string;
}
let nextId = 1;
const noticeStore = createStore<{ readonly notices: readonly Notice[] }>(() => ({ notices: [] }));
export function useNotices(): readonly Notice[] {
  return useStore(noticeStore, (state) => state.notices);
}
export function showProblem(text: string): void {
  const notice = { id: nextId++, text };
  noticeStore.setState((state) => ({ notices: [...state.notices.slice(-2), notice] }));
  setTimeout(() => dismiss(notice.id), 8000);
}
export function dismiss(id: number): void {
  noticeStore.setState((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) }));
}

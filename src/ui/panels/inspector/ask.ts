// Asks the session while a panel looks: once, and again whenever the moment shown has moved on by a little.
import { useEffect, useState } from 'react';
import type { Query } from '../../../session/protocol.ts';
import { runStore } from '../../store/run-store.ts';
import { session } from '../../store/session-client.ts';

const everyRealMs = 700;

/** undefined until the first answer, and when there is none. */
export function useAnswer<T>(query: Query | undefined): T | undefined {
  const [state, setState] = useState<{ readonly key: string | undefined; readonly value: T | undefined }>({ key: undefined, value: undefined });
  // The text says all of the query, which is made anew at every render.
  const key = query === undefined ? undefined : JSON.stringify(query);
  useEffect(() => {
    if (key === undefined) return undefined;
    const asked = JSON.parse(key) as Query;
    let stopped = false;
    let askedAt = -1;
    const ask = (): void => {
      const { nowMs } = runStore.getState();
      if (nowMs === askedAt) return;
      askedAt = nowMs;
      void session.query<T | undefined>(asked).then((value) => {
        if (!stopped) setState({ key, value });
      });
    };
    ask();
    const timer = setInterval(ask, everyRealMs);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [key]);
  return state.key === key ? state.value : undefined;
}

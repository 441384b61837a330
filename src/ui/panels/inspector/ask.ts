// Asks the session while a panel looks: once, and again whenever the moment shown has moved on by a little.
import { useEffect, useState } from 'react';
import type { Query } from '../../../session/protocol.ts';
import { runStore } from '../../store/run-store.ts';
import { session } from '../../store/session-client.ts';

const everyRealMs = 700;

/** undefined until the first answer, and when there is none. */
export function useAnswer<T>(query: Query | undefined): T | undefined {
  const [state, setState] = useState<{ readonly key: string; readonly value: T | undefined }>({ key: '', value: undefined });
  const key = JSON.stringify(query);
  useEffect(() => {
    if (query === undefined) return undefined;
    let stopped = false;
    let askedAt = -1;
    const ask = (): void => {
      const { nowMs } = runStore.getState();
      if (nowMs === askedAt) return;
      askedAt = nowMs;
      void session.query<T | undefined>(query).then((value) => {
        if (!stopped) setState({ key, value });
      });
    };
    ask();
    const timer = setInterval(ask, everyRealMs);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
    // The key says all of the query, which is made anew at every render.
  }, [key]);
  return state.key === key ? state.value : undefined;
}

// Pictograms of machines and processes, drawn on 16 x 16 with one stroke width, in the colour of the text beside them.
import type { ReactNode } from 'react';

const shapes: Readonly<Record<string, ReactNode>> = {
  'kube-apiserver': <><path d="M2.5 13.5v-8l5.5-3 5.5 3v8" /><path d="M6 13.500v-4.500a2 2 0 0 1 4 0v4.500M1.5 13.500h13" /></>,
  etcd: <><ellipse cx="8" cy="3.8" rx="5" ry="2" /><path d="M3 3.800v8.400c0 1.1 2.2 2 5 2s5-.9 5-2V3.800M3 8c0 1.1 2.2 2 5 2s5-.9 5-2" /></>,
  'kube-scheduler': <><rect x="2.5" y="2.5" width="4.5" height="4.5" rx="1" /><rect x="9" y="9" width="4.5" height="4.5" rx="1" /><path d="M9 4.750h2.250v2.500M4.750 9v2.250h2.5" /></>,
  'kube-controller-manager': <><path d="M13 8a5 5 0 0 1-8.8 3.200M3 8a5 5 0 0 1 8.8-3.2" /><path d="M12.2 2v3h-3M3.8 14v-3h3" /></>,
  kubelet: <><circle cx="8" cy="4" r="1.7" /><path d="M8 5.700v8M3 9.500c0 2.5 2.2 4.2 5 4.200s5-1.7 5-4.200M5.5 7.800h5" /></>,
  containerd: <><path d="M2.5 5 8 2.5 13.5 5v6L8 13.5 2.5 11z" /><path d="M2.5 5 8 7.5 13.5 5M8 7.500v6" /></>,
  'kube-proxy': <><path d="M2 8h4.500l4-4H14M6.5 8l4 4H14" /></>,
  'calico-node': <><circle cx="3.5" cy="8" r="1.5" /><circle cx="12.5" cy="4" r="1.5" /><circle cx="12.5" cy="12" r="1.5" /><path d="M5 7.4 11 4.600M5 8.600l6 2.8" /></>,
  kubectl: <><path d="M3 4.5 6.5 8 3 11.500M8 12h5" /></>,
  shell: <><rect x="2" y="3" width="12" height="10" rx="1.5" /><path d="M4.5 6.5 6.5 8l-2 1.500M8 10h3" /></>,
  'load-balancer': <><circle cx="8" cy="3.5" r="1.5" /><path d="M8 5v3M8 8 3.5 11M8 8l4.5 3M8 8v3" /><circle cx="3.5" cy="12.5" r="1" /><circle cx="8" cy="12.5" r="1" /><circle cx="12.5" cy="12.5" r="1" /></>,
  registry: <><rect x="2.5" y="2.5" width="11" height="4" rx="1" /><rect x="2.5" y="9" width="11" height="4.5" rx="1" /><path d="M5 4.500h.01M5 11.200h.01M8 11.200h3" /></>,
  traffic: <><path d="M2 11.500h3l2-7 3 9 2-5h2.5" /></>,
  client: <><rect x="3" y="3" width="10" height="7" rx="1" /><path d="M1.5 12.500h13" /></>,
  master: <><rect x="2.5" y="2" width="11" height="12" rx="1.5" /><path d="M5 5h6M5 8h6M8 11.200h.01" /></>,
  worker: <><rect x="2" y="4" width="12" height="8" rx="1.5" /><path d="M4.5 8h4M11.5 8h.01" /></>,
  cloud: <><path d="M4.5 12.500a3 3 0 0 1 0-6 4 4 0 0 1 7.6-.5 3.3 3.3 0 0 1-.6 6.500z" /></>,
};

export function Pictogram({ of, size = 16 }: { readonly of: string; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
      {shapes[of] ?? shapes['containerd']}
    </svg>
  );
}

/** The mark of a process's or pod's state: told by shape first, by colour second. */
export function PodMark({ mark, size = 14 }: { readonly mark: string; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 14 14" aria-hidden="true" focusable="false" data-mark={mark}>
      {podShape(mark)}
    </svg>
  );
}

function podShape(mark: string): ReactNode {
  const box = { x: 1, y: 1, width: 12, height: 12, rx: 3 };
  switch (mark) {
    case 'pending': return <rect {...box} fill="none" stroke="var(--calm)" strokeWidth="1.5" />;
    case 'creating': return <><rect {...box} fill="none" stroke="var(--calm)" strokeWidth="1.5" /><path d="M1 7h12v3a3 3 0 0 1-3 3H4a3 3 0 0 1-3-3z" fill="var(--calm)" /></>;
    case 'running': return <rect {...box} fill="var(--calm)" />;
    case 'ready': return <><rect {...box} fill="var(--good)" /><path d="M4 7.2 6.2 9.4 10 5" fill="none" stroke="var(--glass)" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" /></>;
    case 'failing': return <><rect {...box} fill="var(--bad)" /><path d="M4.6 4.600l4.8 4.800M9.4 4.6 4.6 9.4" fill="none" stroke="var(--glass)" strokeWidth="1.7" strokeLinecap="round" /></>;
    case 'terminating': return <><rect {...box} fill="var(--cold)" opacity="0.350" /><path d="M4 7h6" stroke="var(--text)" strokeWidth="1.5" strokeLinecap="round" /></>;
    case 'done': return <><rect {...box} fill="none" stroke="var(--cold)" strokeWidth="1.5" /><path d="M4 7.2 6.2 9.4 10 5" fill="none" stroke="var(--cold)" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" /></>;
    default: return <rect {...box} fill="none" stroke="var(--line)" strokeWidth="1" />;
  }
}

export type ProcessLook = 'leads' | 'ready' | 'standby' | 'starting' | 'frozen' | 'exited' | 'absent' | 'noPower';

export function StateMark({ look }: { readonly look: ProcessLook }) {
  return (
    <svg width="11" height="11" viewBox="0 0 11 11" aria-hidden="true" focusable="false">
      {stateShape(look)}
    </svg>
  );
}

function stateShape(look: ProcessLook): ReactNode {
  switch (look) {
    case 'leads': return <path d="M2 10.500V1h7L7.2 3.750 9 6.500H3.300v4z" fill="var(--good)" />;
    case 'ready': return <circle cx="5.5" cy="5.5" r="4" fill="var(--good)" />;
    case 'standby': return <circle cx="5.5" cy="5.5" r="3.5" fill="none" stroke="var(--good)" strokeWidth="1.5" />;
    case 'starting': return <><circle cx="5.5" cy="5.5" r="3.5" fill="none" stroke="var(--calm)" strokeWidth="1.5" /><path d="M5.5 1.500a4 4 0 0 1 0 8z" fill="var(--calm)" /></>;
    case 'frozen': return <path d="M2.5 1.500h2v8h-2zM6.5 1.500h2v8h-2z" fill="var(--warn)" />;
    case 'exited': return <path d="M2 2l7 7M9 2 2 9" stroke="var(--bad)" strokeWidth="1.9" strokeLinecap="round" />;
    default: return <circle cx="5.5" cy="5.5" r="3.5" fill="none" stroke="var(--cold)" strokeWidth="1.2" strokeOpacity="0.8" />;
  }
}

// What passes between the door and the page that it has served, as JSON text over a WebSocket.
import type { OutsideAnswer, OutsideCommand } from './protocol.ts';

export type ToPage =
  | { readonly kind: 'welcome'; /** For the person's own shell. */ readonly kubeconfig: string; readonly url: string }
  | { readonly kind: 'command'; readonly command: OutsideCommand }
  /** Another tab has joined instead. */
  | { readonly kind: 'replaced' };

export type FromPage =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: OutsideAnswer }
  /** The run was started anew (forked, undone, reset): what was open is gone. */
  | { readonly kind: 'restarted' };

/** The address's parameter that lets a page join, and the path of the WebSocket. */
export const joinParameter = 'door';
export const joinPath = '/door';

// What the client room traces on behalf of the program that uses it.

export type ClientEvent =
  /** This process now holds the lease and is the active one. `lease` is `namespace/name`. */
  | { readonly type: 'lease.acquired'; readonly lease: string; readonly identity: string; readonly transitions: number }
  /** It could not renew in time and gives up (the program exits). */
  | { readonly type: 'lease.lost'; readonly lease: string; readonly identity: string; readonly message: string }
  /** Somebody else holds it. */
  | { readonly type: 'lease.standby'; readonly lease: string; readonly identity: string; readonly holder: string };

// What ends a member at its start: etcd logs it at level fatal and exits.

export class Fatal extends Error {
  /** What went wrong in particular, as etcd's `error` field has it. */
  readonly reason: string;
  constructor(message: string, reason: string) {
    super(message);
    this.name = 'Fatal';
    this.reason = reason;
  }
}

// A refusal of the runtime: a gRPC status. The server turns it into HTTP 500 with an RpcError body.
import type { RpcError } from '../../wire/etcd-rpc.ts';

export class RpcFailure extends Error {
  readonly code: RpcError['code'];
  constructor(code: RpcError['code'], message: string) {
    super(message);
    this.name = 'RpcFailure';
    this.code = code;
  }
}

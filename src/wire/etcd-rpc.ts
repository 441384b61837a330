// etcd v3's RPCs as its clients use them. Carried as HTTP requests `POST /etcdserverpb.KV/Range` and so on, with these bodies; Watch and
// LeaseKeepAlive are streams (open requests with data frames). Keys are strings; values are opaque to etcd (API servers store JSON objects).

export interface ResponseHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: number;
  readonly raftTerm: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: unknown;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: string;
}

/** `rangeEnd`: undefined is the single key; '\0' is everything from `key` on; else the half-open interval. */
export interface RangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly limit?: number;
  readonly revision?: number;
  /** false (default): linearisable, through ReadIndex. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly sortOrder?: 'NONE' | 'ASCEND' | 'DESCEND';
  readonly sortTarget?: 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}
export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}
export interface PutRequest {
  readonly key: string;
  readonly value: unknown;
  readonly lease?: string;
  readonly prevKv?: boolean;
  /** The key keeps its value, or its lease; it must be there. */
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}
export interface PutResponse {
  readonly header: ResponseHeader;
  readonly prevKv?: KeyValue;
}
export interface DeleteRangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly prevKv?: boolean;
}
export interface DeleteRangeResponse {
  readonly header: ResponseHeader;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}
export interface Compare {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly target: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE';
  readonly result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';
  readonly value: unknown;
}
export type RequestOp =
  | { readonly range: RangeRequest }
  | { readonly put: PutRequest }
  | { readonly deleteRange: DeleteRangeRequest }
  | { readonly txn: TxnRequest };
export type ResponseOp =
  | { readonly range: RangeResponse }
  | { readonly put: PutResponse }
  | { readonly deleteRange: DeleteRangeResponse }
  | { readonly txn: TxnResponse };
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}
export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}
export interface CompactionRequest {
  readonly revision: number;
  readonly physical?: boolean;
}

// A watch stream: the client's data frames are WatchRequest, the server's WatchResponse.
export type WatchRequest =
  | { readonly create: { readonly watchId?: number; readonly key: string; readonly rangeEnd?: string; readonly startRevision?: number; readonly prevKv?: boolean; readonly progressNotify?: boolean; /** Kinds of change that are not told. */ readonly filters?: readonly ('NOPUT' | 'NODELETE')[] } }
  | { readonly cancel: { readonly watchId: number } }
  | { readonly progress: true };
export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly watchId: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  /** Set when the start revision was compacted away. */
  readonly compactRevision?: number;
  readonly cancelReason?: string;
  readonly events: readonly WatchedEvent[];
}
export interface WatchedEvent {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
  /** The trace event of the member at which this revision was applied; what follows from the change follows from it. */
  readonly cause: number;
}

/** gRPC status of a refusal, as the body of a response with HTTP status 200 < 400 is never: e.g. `etcdserver: request timed out`. */
export interface RpcError {
  readonly code: 'Unavailable' | 'DeadlineExceeded' | 'OutOfRange' | 'ResourceExhausted' | 'InvalidArgument' | 'NotFound' | 'FailedPrecondition' | 'PermissionDenied' | 'Unauthenticated' | 'DataLoss' | 'Unknown';
  readonly message: string;
}

// DNS questions and answers (udp port 53), as messages. The stub resolver that programs use is in dns-resolver.ts.

export interface DnsQuery {
  readonly id: number;
  readonly name: string;
  readonly type: 'A' | 'SRV' | 'PTR' | 'TXT' | 'AAAA' | 'CNAME';
}
export interface DnsAnswer {
  readonly id: number;
  readonly status: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  readonly records: readonly { readonly name: string; readonly type: DnsQuery['type']; readonly ttl: number; readonly value: string }[];
}

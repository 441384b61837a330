// Asks every node's kubelet what its containers use, a little apart from each other.
import type { ApiObject } from '../../api/meta/object.ts';
import type { Informer } from '../../client/contract.ts';
import { klog } from '../../client/klog.ts';
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { HttpClient } from '../../wire/http-client.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import type { MetricsServerFlags } from './flags.ts';
import { type Batch, type Point, readResourceText } from './resource-text.ts';

export interface NodeObject extends ApiObject {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const delayPerNodeMs = 8;
const longestDelayMs = 4000;

export class Scraper {
  private readonly host: Host;
  private readonly flags: MetricsServerFlags;
  private readonly nodes: Informer<NodeObject>;
  private readonly trust: TlsIdentity['trust'];
  private readonly tokenFile: string;
  private readonly clients = new Map<string, HttpClient>();

  /** `trust`: undefined believes every kubelet. */
  constructor(host: Host, flags: MetricsServerFlags, nodes: Informer<NodeObject>, trust: TlsIdentity['trust'], tokenFile: string) {
    this.host = host;
    this.flags = flags;
    this.nodes = nodes;
    this.trust = trust;
    this.tokenFile = tokenFile;
  }

  /** One round over all nodes. */
  *scrape(): Task<Batch> {
    const nodes = [...this.nodes.list()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const found = new Map<string, Point>();
    const pods = new Map<string, ReadonlyMap<string, Point>>();
    const answers = this.host.tasks.mailbox<Batch | undefined>();
    const spreadMs = Math.min(delayPerNodeMs * nodes.length, longestDelayMs);
    for (const node of nodes) this.host.tasks.spawn(`scrape ${node.metadata.name}`, this.scrapeLater(node, this.host.random.below(Math.max(1, spreadMs)), answers));
    for (let left = nodes.length; left > 0; left--) {
      const batch = yield* answers.take();
      for (const [name, point] of batch?.nodes ?? []) found.set(name, point);
      for (const [key, containers] of batch?.pods ?? []) pods.set(key, containers);
    }
    return { nodes: found, pods };
  }

  private *scrapeLater(node: NodeObject, delayMs: number, answers: { put(batch: Batch | undefined): void }): Task<void> {
    yield* this.host.clock.sleep(delayMs);
    answers.put(yield* this.scrapeNode(node));
  }

  private *scrapeNode(node: NodeObject): Task<Batch | undefined> {
    const { name } = node.metadata;
    const address = this.flags.addressTypes.map((type) => node.status?.addresses?.find((each) => each.type === type)?.address).find((each) => each !== undefined);
    if (address === undefined) return this.fail(node, `failed to determine node address: no address matched types ${JSON.stringify(this.flags.addressTypes)}`);
    const port = this.flags.useNodeStatusPort ? (node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? this.flags.kubeletPort) : this.flags.kubeletPort;
    const target = `${address}:${port}`;
    const url = `https://${target}/metrics/resource`;
    const token = this.host.disk.readText(this.tokenFile)?.trim() ?? '';
    try {
      const answer = yield* this.clientOf(target).call({ method: 'GET', path: '/metrics/resource', headers: { authorization: `Bearer ${token}`, 'user-agent': 'metrics-server/v0.8.0' } }, { timeoutMs: this.flags.requestTimeoutMs, note: 'GET /metrics/resource' });
      if (answer.status !== 200) return this.fail(node, `request failed, status: ${JSON.stringify(statusLine(answer.status))}`);
      return readResourceText(String(answer.body ?? ''), name, this.host.clock.wallMs());
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return this.fail(node, `Get ${JSON.stringify(url)}: ${error.message}`);
    }
  }

  private fail(node: NodeObject, err: string): undefined {
    if (node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true) klog(this.host, 'E', 'scraper.go:147', 'Failed to scrape node', { err, node: node.metadata.name });
    return undefined;
  }

  private clientOf(target: string): HttpClient {
    let client = this.clients.get(target);
    if (client === undefined) this.clients.set(target, (client = new HttpClient(this.host, target, { family: 'kubelet', tls: this.trust === undefined ? {} : { trust: this.trust } })));
    return client;
  }
}

const statusLine = (status: number): string => ({ 401: '401 Unauthorized', 403: '403 Forbidden', 404: '404 Not Found', 500: '500 Internal Server Error' })[status] ?? String(status);

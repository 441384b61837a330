// The schema of what is served, as OpenAPI documents per group version, made by the API room from the structure of the kinds when they are asked for.
import type { KindDeclaration } from '../../../api/contract.ts';
import { openApiV2Protobuf } from '../../../api/openapi-protobuf.ts';
import { openApiPathOf, openApiV2Document, openApiV3Document, openApiV3Index, openApiV3RootDocument } from '../../../api/openapi.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { digest } from '../../../wire/tls-handshake.ts';
import { respond } from '../handlers/negotiate.ts';
import type { ResourceTable } from '../registry/resources.ts';

/** What clients call the protobuf form of the second version when they ask, and what they are answered. */
const protobufAsked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export class OpenApi {
  private readonly table: ResourceTable;
  /** `v1.36.2` */
  private readonly version: string;
  private readonly documents = new Map<string, unknown>();
  private readonly marks = new WeakMap<KindDeclaration, number>();
  private nextMark = 1;
  private generation = -1;
  /** The kinds of each group version, and what names their content; made anew when kinds come or go. */
  private groups = new Map<string, { readonly kinds: readonly KindDeclaration[]; readonly hash: string }>();

  constructor(table: ResourceTable, version: string) {
    this.table = table;
    this.version = version;
  }

  answer(path: string, accept = ''): HttpResponse | undefined {
    this.refresh();
    if (path === '/openapi/v2' && accept.split(',')[0]?.trim() === protobufAsked) return { status: 200, headers: { 'content-type': protobufType }, body: this.document('protobuf', '', () => openApiV2Protobuf(this.v2())) as Uint8Array };
    if (path === '/openapi/v2') return respond(200, this.v2());
    if (path === '/openapi/v3' || path === '/openapi/v3/') return respond(200, openApiV3Index(this.kinds(), (each) => this.groups.get(each)?.hash ?? digest(`${each} ${this.version}`).toUpperCase()));
    const root = openApiV3RootDocument(path.slice('/openapi/v3/'.length), this.version);
    if (root !== undefined && (!/^\/openapi\/v3\/apis\//.test(path) || this.kinds().some((kind) => path === `/openapi/v3/apis/${kind.group}`))) return respond(200, root);
    const match = /^\/openapi\/v3\/((?:api|apis)\/.+?)\/?$/.exec(path);
    const group = match === null ? undefined : this.groups.get(match[1] as string);
    return group === undefined ? undefined : respond(200, this.document(match?.[1] as string, group.hash, () => openApiV3Document(group.kinds, this.version)));
  }

  private v2(): ReturnType<typeof openApiV2Document> {
    return this.document('v2', '', () => openApiV2Document(this.kinds(), this.version)) as ReturnType<typeof openApiV2Document>;
  }

  /** Kept while its kinds stay what they are. */
  private document(path: string, hash: string, make: () => unknown): unknown {
    const key = `${path} ${hash}`;
    let document = this.documents.get(key);
    if (document === undefined) {
      document = make();
      for (const old of [...this.documents.keys()]) if (old.startsWith(`${path} `)) this.documents.delete(old);
      this.documents.set(key, document);
    }
    return document;
  }

  private refresh(): void {
    if (this.generation === this.table.generation) return;
    this.generation = this.table.generation;
    this.documents.delete('v2 ');
    this.documents.delete('protobuf ');
    const groups = new Map<string, KindDeclaration[]>();
    for (const kind of this.kinds()) {
      const path = openApiPathOf(kind.group, kind.version);
      const list = groups.get(path);
      if (list === undefined) groups.set(path, [kind]);
      else list.push(kind);
    }
    this.groups = new Map([...groups].map(([path, kinds]) => [path, { kinds, hash: digest(`${path} ${kinds.map((kind) => this.mark(kind)).join(' ')}`).toUpperCase() }]));
  }

  private mark(kind: KindDeclaration): number {
    let mark = this.marks.get(kind);
    if (mark === undefined) this.marks.set(kind, (mark = this.nextMark++));
    return mark;
  }

  private kinds(): readonly KindDeclaration[] {
    return this.table.all().map((resource) => resource.declaration);
  }
}

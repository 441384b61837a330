// The schema of what is served, as OpenAPI documents per group version, made by the API room from the structure of the kinds when they are asked for.
import type { KindDeclaration } from '../../../api/contract.ts';
import { openApiV2Protobuf } from '../../../api/openapi-protobuf.ts';
import { openApiPathOf, openApiV2Document, openApiV3Document, openApiV3Index, openApiV3RootDocument, type ApiInfo } from '../../../api/openapi.ts';
import { contentHash, serveContent, serveHashed } from '../../../wire/cached-content.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { respond } from '../handlers/negotiate.ts';
import type { ResourceTable } from '../registry/resources.ts';
import type { Remotes } from './remotes.ts';

/** What clients call the protobuf form of the second version when they ask, and what they are answered. */
const protobufAsked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

interface Document {
  readonly content: unknown;
  /** When it was made, as clients are told. */
  readonly madeMs: number;
}

interface GroupVersion {
  readonly kinds: readonly KindDeclaration[];
  /** Names what the document says; the same in every server. */
  readonly hash: string;
}

export class OpenApi {
  private readonly table: ResourceTable;
  private readonly info: ApiInfo;
  private readonly wallMs: () => number;
  private readonly remotes: Remotes;
  private readonly documents = new Map<string, Document>();
  private readonly marks = new WeakMap<KindDeclaration, string>();
  private generation = -1;
  /** By path, `apis/apps/v1`; made anew when kinds come or go. */
  private groups = new Map<string, GroupVersion>();

  constructor(table: ResourceTable, info: ApiInfo, wallMs: () => number, remotes: Remotes) {
    this.table = table;
    this.info = info;
    this.wallMs = wallMs;
    this.remotes = remotes;
  }

  answer(request: HttpRequest): HttpResponse | undefined {
    const path = request.path.replace(/(?<=.)\/$/, '');
    this.refresh();
    if (path === '/openapi/v2') return this.answerV2(request);
    if (path === '/openapi/v3') {
      const { paths } = openApiV3Index(this.kinds(), (each) => this.hashOf(each)) as { readonly paths: object };
      // Told by nothing but its time, as in life, it would be the same for a whole second, in which here a definition comes and is asked for.
      return respond(200, { paths: { ...this.remotes.openApiPaths(), ...paths } });
    }
    if (!path.startsWith('/openapi/v3/')) return undefined;
    const name = path.slice('/openapi/v3/'.length);
    const made = this.groupVersion(name);
    return made === undefined ? undefined : this.answerV3(request, name, made);
  }

  /** As kube-openapi's handler. */
  private answerV2(request: HttpRequest): HttpResponse {
    const others = this.remotes.openApiDefinitions();
    const hash = contentHash([...this.groups.values(), ...others].map((each) => each.hash).join(' '));
    const asProtobuf = request.headers['accept']?.split(',')[0]?.trim() === protobufAsked;
    const json = this.document('v2', hash, () => {
      const own = openApiV2Document(this.kinds(), this.info);
      // What several servers define is the same for all of them.
      return { ...own, definitions: Object.assign({}, ...others.map(({ definitions }) => definitions), own['definitions']) as object };
    });
    const body = asProtobuf ? this.document('protobuf', hash, () => openApiV2Protobuf(json.content as ReturnType<typeof openApiV2Document>)).content : json.content;
    const { headers } = respond(200, {});
    return serveContent(request, hash, json.madeMs, { status: 200, headers: { ...headers, vary: 'Accept', ...(asProtobuf ? { 'content-type': protobufType } : {}) }, body });
  }

  private answerV3(request: HttpRequest, name: string, { content, madeMs }: Document): HttpResponse {
    return serveHashed(request, `/openapi/v3/${name}`, this.hashOf(name), madeMs, this.wallMs(), respond(200, content));
  }

  private groupVersion(name: string): Document | undefined {
    const group = this.groups.get(name);
    if (group !== undefined) return this.document(name, group.hash, () => openApiV3Document(group.kinds, this.info));
    if (name.startsWith('apis/') && !this.kinds().some((kind) => name === `apis/${kind.group}`)) return undefined;
    const root = openApiV3RootDocument(name, this.info);
    return root === undefined ? undefined : this.document(name, '', () => root);
  }

  private hashOf(name: string): string {
    return this.groups.get(name)?.hash ?? contentHash(`${name} ${this.info.version}`);
  }

  /** Kept while its kinds stay what they are. */
  private document(path: string, hash: string, make: () => unknown): Document {
    const key = `${path} ${hash}`;
    let document = this.documents.get(key);
    if (document === undefined) {
      document = { content: make(), madeMs: this.wallMs() };
      for (const old of [...this.documents.keys()]) if (old.startsWith(`${path} `)) this.documents.delete(old);
      this.documents.set(key, document);
    }
    return document;
  }

  private refresh(): void {
    if (this.generation === this.table.generation) return;
    this.generation = this.table.generation;
    const groups = new Map<string, KindDeclaration[]>();
    for (const kind of this.kinds()) {
      const path = openApiPathOf(kind.group, kind.version);
      const list = groups.get(path);
      if (list === undefined) groups.set(path, [kind]);
      else list.push(kind);
    }
    this.groups = new Map([...groups].map(([path, kinds]) => [path, { kinds, hash: contentHash(`${path} ${this.info.version} ${kinds.map((kind) => this.mark(kind)).sort().join(' ')}`) }]));
  }

  /** What a kind adds to the document: the schemas of the built-in ones are those of the version. */
  private mark(kind: KindDeclaration): string {
    if (kind.custom === undefined) return kind.definition;
    let mark = this.marks.get(kind);
    if (mark === undefined) this.marks.set(kind, (mark = contentHash(JSON.stringify([kind.definition, kind.namespaced, kind.resource, kind.subresources, kind.custom.openApi('v3')]))));
    return mark;
  }

  private kinds(): readonly KindDeclaration[] {
    return this.table.all().map((resource) => resource.declaration);
  }
}

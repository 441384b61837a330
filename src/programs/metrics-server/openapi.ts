// What metrics-server says of its kinds, as every API server does: /openapi/v2, /openapi/v3 and the documents that lists.
import { openApiV2Document, openApiV3Document, openApiV3Index, openApiV3RootDocument, quantitySchemas, refTo, type ApiInfo, type DescribedKind, type OpenApiDialect } from '../../api/openapi.ts';
import { contentHash, serveContent, serveHashed } from '../../wire/cached-content.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';

type Schema = Readonly<Record<string, unknown>>;

const group = 'metrics.k8s.io';
const version = 'v1beta1';
const home = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const reference = (name: string, dialect: OpenApiDialect): Schema => ({ $ref: refTo(name, dialect) });
/** Version 3 says nothing beside a reference. */
const described = (description: string, name: string, dialect: OpenApiDialect): Schema => (dialect === 'v2' ? { description, ...reference(name, dialect) } : { description, allOf: [reference(name, dialect)] });

const usage = (dialect: OpenApiDialect): Schema => ({ description: 'What is used, by resource: cpu as an average over the window, memory as the working set at its end.', type: 'object', additionalProperties: reference('io.k8s.apimachinery.pkg.api.resource.Quantity', dialect) });

function metricsSchema(kind: string, description: string, own: (dialect: OpenApiDialect) => readonly [string, Schema]): (dialect: OpenApiDialect) => Schema {
  return (dialect) => {
    const [name, schema] = own(dialect);
    return {
      description,
      type: 'object',
      required: ['timestamp', 'window', name],
      properties: {
        apiVersion: { description: 'Version of the schema that this object is written in.', type: 'string' },
        [name]: schema,
        kind: { description: 'What this object is.', type: 'string' },
        metadata: described("Standard object's metadata: those of the object that is measured.", `${meta}.ObjectMeta`, dialect),
        timestamp: described('The end of the time in which the figures were taken.', `${meta}.Time`, dialect),
        window: described('How long that time was: it began so much before the timestamp.', `${meta}.Duration`, dialect),
      },
      'x-kubernetes-group-version-kind': [{ group, kind, version }],
    };
  };
}

function kindOf(kind: string, resource: string, namespaced: boolean, openApi: (dialect: OpenApiDialect) => Schema): DescribedKind {
  return { group, version, kind, resource, namespaced, verbs: ['get', 'list'], subresources: [], definition: `${home}.${kind}`, custom: { listKind: `${kind}List`, openApi } };
}

const kinds: readonly DescribedKind[] = [
  kindOf('NodeMetrics', 'nodes', false, metricsSchema('NodeMetrics', 'NodeMetrics are what a node uses.', (dialect) => ['usage', usage(dialect)])),
  kindOf('PodMetrics', 'pods', true, metricsSchema('PodMetrics', 'PodMetrics are what the containers of a pod use.', (dialect) => ['containers', { description: 'Figures of each container, all of the same time.', type: 'array', items: reference(`${home}.ContainerMetrics`, dialect), 'x-kubernetes-list-type': 'atomic' }])),
];

const parts = (dialect: OpenApiDialect): Schema => ({
  [`${home}.ContainerMetrics`]: { description: 'ContainerMetrics are what one container uses.', type: 'object', required: ['name', 'usage'], properties: { name: { description: "The container's name in its pod.", type: 'string' }, usage: usage(dialect) } },
  [`${meta}.Duration`]: { description: 'Duration is a length of time as Go writes it: 15.2s.', type: 'string' },
  ...quantitySchemas(dialect),
});

export class OpenApi {
  private readonly info: ApiInfo;
  private readonly madeMs: number;
  private readonly documents = new Map<string, { readonly content: Schema; readonly hash: string }>();

  /** `release`: `v0.8.0` */
  constructor(release: string, madeMs: number) {
    this.info = { title: 'Kubernetes metrics-server', version: release };
    this.madeMs = madeMs;
  }

  /** undefined: it has no such document. */
  answer(request: HttpRequest, nowMs: number): HttpResponse | undefined {
    const path = request.path.replace(/\/$/, '');
    const respond = (body: unknown): HttpResponse => ({ status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }, body });
    if (path === '/openapi/v3') return respond(openApiV3Index([{ group, version }], (name) => this.document(name)?.hash ?? ''));
    const document = path === '/openapi/v2' ? this.document('v2') : path.startsWith('/openapi/v3/') ? this.document(path.slice('/openapi/v3/'.length)) : undefined;
    if (document === undefined) return undefined;
    const response = respond(document.content);
    if (path !== '/openapi/v2') return serveHashed(request, path, document.hash, this.madeMs, nowMs, response);
    return serveContent(request, document.hash, this.madeMs, { ...response, headers: { ...response.headers, vary: 'Accept' } });
  }

  private document(name: string): { readonly content: Schema; readonly hash: string } | undefined {
    let document = this.documents.get(name);
    if (document !== undefined) return document;
    const content = this.make(name);
    if (content === undefined) return undefined;
    document = { content, hash: contentHash(JSON.stringify(content)) };
    this.documents.set(name, document);
    return document;
  }

  private make(name: string): Schema | undefined {
    if (name === 'v2') {
      const own = openApiV2Document(kinds, this.info);
      return { ...own, definitions: { ...(own['definitions'] as Schema), ...parts('v2') } };
    }
    if (name === `apis/${group}/${version}`) {
      const own = openApiV3Document(kinds, this.info);
      return { ...own, components: { schemas: { ...(own['components'] as { readonly schemas: Schema }).schemas, ...parts('v3') } } };
    }
    return name === `apis/${group}` || name === 'apis' || name === 'version' ? openApiV3RootDocument(name, this.info) : undefined;
  }
}

// The schema of what is served, as OpenAPI documents per group version, made by the API room from the structure of the kinds when they are asked for.
import type { KindDeclaration } from '../../../api/contract.ts';
import { openApiV2Protobuf } from '../../../api/openapi-protobuf.ts';
import { openApiV2Document, openApiV3Document, openApiV3Index } from '../../../api/openapi.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { digest } from '../../../wire/tls-handshake.ts';
import { respond } from '../handlers/negotiate.ts';
import type { ResourceTable } from '../registry/resources.ts';

const serverVersion = 'v1.36.2';
/** What clients call the protobuf form of the second version when they ask, and what they are answered. */
const protobufAsked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export class OpenApi {
  private readonly table: ResourceTable;

  constructor(table: ResourceTable) {
    this.table = table;
  }

  answer(path: string, accept = ''): HttpResponse | undefined {
    if (path === '/openapi/v2' && accept.split(',')[0]?.trim() === protobufAsked) return { status: 200, headers: { 'content-type': protobufType }, body: openApiV2Protobuf(openApiV2Document(this.kinds(), serverVersion)) };
    if (path === '/openapi/v2') return respond(200, openApiV2Document(this.kinds(), serverVersion));
    if (path === '/openapi/v3' || path === '/openapi/v3/') return respond(200, openApiV3Index(this.kinds(), (each) => digest(`${each} ${this.table.generation}`).toUpperCase()));
    const match = /^\/openapi\/v3\/(api|apis)\/(.+)$/.exec(path);
    if (match === null) return undefined;
    const parts = (match[2] as string).split('/');
    const [group, version] = match[1] === 'api' ? ['', parts[0]] : [parts[0], parts[1]];
    const kinds = this.kinds().filter((kind) => kind.group === group && kind.version === version);
    return kinds.length === 0 ? undefined : respond(200, openApiV3Document(kinds, serverVersion));
  }

  private kinds(): readonly KindDeclaration[] {
    return this.table.all().map((resource) => resource.declaration);
  }
}

// What other servers say of themselves, as far as this server's documents show it.
import type { RemoteGroupVersion, RemoteOpenApi } from '../aggregation/remote-services.ts';

export interface Remotes {
  /** Grows when what discovery shows of them may have changed. */
  readonly generation: number;
  groupVersions(): readonly RemoteGroupVersion[];
  openApiPaths(): Readonly<Record<string, unknown>>;
  openApiDefinitions(): readonly RemoteOpenApi[];
}

/** Of a server with nobody behind it. */
export const noRemotes = (): Remotes => ({ generation: 0, groupVersions: () => [], openApiPaths: () => ({}), openApiDefinitions: () => [] });

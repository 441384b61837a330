// What an image registry traces.

export type RegistryEvent =
  | { readonly type: 'registry.manifest'; readonly repository: string; readonly reference: string; readonly status: number }
  | { readonly type: 'registry.blob'; readonly repository: string; readonly digest: string }
  | { readonly type: 'registry.pushed'; readonly repository: string; readonly tag: string; readonly user: string };

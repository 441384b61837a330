// Keys are checked against the English texts. `hops` is looked up by keys that the session sends, so it stays open.
import type etcd from './en/etcd.json';
import type panels from './en/panels.json';
import type ui from './en/ui.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'ui';
    resources: { ui: typeof ui; panels: typeof panels; etcd: typeof etcd };
  }
}

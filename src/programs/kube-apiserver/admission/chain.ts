// The plugins in the order of the real server, and the two passes over them.
import type { Task } from '../../../kernel/task.ts';
import type { Config } from '../config.ts';
import type { ApiserverEvent } from '../events.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { defaultIngressClass, defaultStorageClass, defaultTolerationSeconds, podTopologyLabels, priority, storageObjectInUseProtection, taintNodesByCondition } from './pod-defaults.ts';
import { podSecurity } from './pod-security.ts';
import { resourceQuota } from './resource-quota.ts';
import { awaitAccount, serviceAccount } from './service-account.ts';

const ordered: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  podTopologyLabels,
  defaultStorageClass,
  storageObjectInUseProtection,
  defaultIngressClass,
  resourceQuota,
];
const offByDefault = new Set(['NodeRestriction']);

export class AdmissionChain {
  private readonly plugins: readonly AdmissionPlugin[];
  private readonly context: Omit<AdmissionContext, 'warn'>;

  constructor(config: Config, context: Omit<AdmissionContext, 'warn'>) {
    this.plugins = ordered.filter((plugin) => (!offByDefault.has(plugin.name) || config.enabledPlugins.includes(plugin.name)) && !config.disabledPlugins.includes(plugin.name));
    this.context = context;
  }

  /** Collections that plugins read, to be filled before the server is ready. */
  readonly needs: readonly string[] = ['namespaces', 'serviceaccounts', 'limitranges', 'resourcequotas', 'priorityclasses', 'storageclasses', 'ingressclasses', 'minions', 'pods'];

  mutate(request: AdmissionRequest, warn: (text: string) => void): StoredObject {
    const context: AdmissionContext = { ...this.context, warn };
    let current = request;
    for (const plugin of this.plugins) {
      if (plugin.mutate === undefined || !plugin.handles(current)) continue;
      const mutation = plugin.mutate(current, context);
      if (mutation === undefined) continue;
      context.host.trace.emit<ApiserverEvent>({ type: 'apiserver.mutated', plugin: plugin.name, changes: mutation.changes });
      current = { ...current, object: mutation.object };
    }
    return current.object as StoredObject;
  }

  *validate(request: AdmissionRequest, warn: (text: string) => void): Task<void> {
    const context: AdmissionContext = { ...this.context, warn };
    for (const plugin of this.plugins) {
      if (plugin === namespaceLifecycle && request.operation === 'CREATE') continue;
      if (!plugin.handles(request)) continue;
      plugin.validate?.(request, context);
      if (plugin.validateSlowly !== undefined) yield* plugin.validateSlowly(request, context);
    }
  }

  /** What must be sure before the first plugin decides: the namespace is there, and (for pods) so is the account. */
  *prepare(request: AdmissionRequest): Task<void> {
    for (const plugin of this.plugins) {
      if (plugin === namespaceLifecycle && plugin.validateSlowly !== undefined && plugin.handles(request)) yield* plugin.validateSlowly(request, { ...this.context, warn: () => undefined });
      if (plugin === serviceAccount && plugin.handles(request)) yield* awaitAccount(request, this.context);
    }
  }
}

// The plugins in the order of the real server, and the two passes over them.
import type { Task } from '../../../kernel/task.ts';
import type { Config } from '../config.ts';
import type { ApiserverEvent } from '../events.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { type Admission, type AdmissionContext, type AdmissionPlugin, type AdmissionRequest, Reinvocation, type Remarks } from './plugin.ts';
import { defaultIngressClass, defaultTolerationSeconds, podTopologyLabels, priority, taintNodesByCondition } from './pod-defaults.ts';
import { mutatingAdmissionPolicy } from './policy/mutating-policy.ts';
import { validatingAdmissionPolicy } from './policy/validating-policy.ts';
import { podSecurity } from './pod-security.ts';
import { resourceQuota } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { awaitAccount, serviceAccount } from './service-account.ts';
import { defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './storage.ts';
import { mutatingWebhook, validatingWebhook } from './webhook/webhooks.ts';

const ordered: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  defaultIngressClass,
  podTopologyLabels,
  mutatingAdmissionPolicy,
  mutatingWebhook,
  validatingAdmissionPolicy,
  validatingWebhook,
  resourceQuota,
];
const offByDefault = new Set(['NodeRestriction']);

type Shared = Omit<AdmissionContext, 'warn' | 'annotate' | 'reinvocation'>;

export class AdmissionChain implements Admission {
  private readonly plugins: readonly AdmissionPlugin[];
  private readonly mutating: readonly AdmissionPlugin[];
  private readonly validating: readonly AdmissionPlugin[];
  private readonly shared: Shared;

  constructor(config: Config, shared: Shared) {
    this.plugins = ordered.filter((plugin) => (!offByDefault.has(plugin.name) || config.enabledPlugins.includes(plugin.name)) && !config.disabledPlugins.includes(plugin.name));
    this.mutating = this.plugins.filter((plugin) => plugin.mutate !== undefined || plugin.mutateSlowly !== undefined);
    this.validating = this.plugins.filter((plugin) => plugin.validate !== undefined || plugin.validateSlowly !== undefined);
    this.shared = shared;
  }

  /** Collections that plugins read, to be filled before the server is ready. */
  readonly needs: readonly string[] = ['namespaces', 'serviceaccounts', 'limitranges', 'resourcequotas', 'priorityclasses', 'storageclasses', 'ingressclasses', 'runtimeclasses', 'minions', 'pods', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'validatingwebhookconfigurations'];

  *mutate(request: AdmissionRequest, remarks: Remarks): Task<StoredObject> {
    const context = this.contextFor(remarks);
    const first = yield* this.pass(request, context);
    if (!context.reinvocation.wanted) return first.object as StoredObject;
    context.reinvocation.isSecond = true;
    return (yield* this.pass(first, context)).object as StoredObject;
  }

  private *pass(request: AdmissionRequest, context: AdmissionContext): Task<AdmissionRequest> {
    let current = request;
    for (const plugin of this.mutating) {
      if (!plugin.handles(current) || plugin.isIdle?.(context) === true) continue;
      const mutation = plugin.mutate === undefined ? yield* (plugin.mutateSlowly as NonNullable<typeof plugin.mutateSlowly>)(current, context) : plugin.mutate(current, context);
      if (mutation === undefined) continue;
      context.host.trace.emit<ApiserverEvent>({ type: 'apiserver.mutated', plugin: plugin.name, changes: mutation.changes });
      current = { ...current, object: mutation.object };
      // Whatever came from outside may need what the plugins before it do.
      if (plugin.mutateSlowly !== undefined) context.reinvocation.wanted = true;
    }
    return current;
  }

  *validate(request: AdmissionRequest, remarks: Remarks): Task<void> {
    const context = this.contextFor(remarks);
    for (const plugin of this.validating) {
      if (plugin === namespaceLifecycle && request.operation === 'CREATE') continue;
      if (!plugin.handles(request) || plugin.isIdle?.(context) === true) continue;
      plugin.validate?.(request, context);
      if (plugin.validateSlowly !== undefined) yield* plugin.validateSlowly(request, context);
    }
  }

  /** What must be sure before the first plugin decides: the namespace is there, and (for pods) so is the account. */
  *prepare(request: AdmissionRequest, remarks: Remarks): Task<void> {
    for (const plugin of this.plugins) {
      if (plugin === namespaceLifecycle && plugin.validateSlowly !== undefined && plugin.handles(request)) yield* plugin.validateSlowly(request, this.contextFor(remarks));
      if (plugin === serviceAccount && plugin.handles(request)) yield* awaitAccount(request, this.shared);
    }
  }

  private contextFor({ warnings, annotations }: Remarks): AdmissionContext {
    // Field by field: three of them are made for each write, and a spread would take as long as the plugins do.
    const { host, config, collections, storage, authorizer, resources, webhooks } = this.shared;
    return {
      host,
      config,
      collections,
      storage,
      authorizer,
      resources,
      webhooks,
      reinvocation: new Reinvocation(),
      warn: (text) => {
        if (!warnings.includes(text)) warnings.push(text);
      },
      annotate: (key, value) => void annotations.set(key, value),
    };
  }
}

// Pod: the unit that runs. Its spec hardly changes once it is made; its status is the kubelet's.
import type { FieldError } from '../contract.ts';
import { declareKind } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { forbidden, invalid, type FieldErrors } from '../validation/field-error.ts';
import { defaultPod } from './pod-defaults.ts';
import { goDiff } from './go-dump.ts';
import { podQosClass } from './pod-qos.ts';
import { podColumns, podRow } from './pod-row.ts';
import { podStatusProblems } from './pod-status-validation.ts';
import { validateTolerations } from './placement-validation.ts';
import { validatePodSpec } from './pod-validation.ts';
import type { Container } from './types/container.ts';
import type { Toleration } from './types/placement.ts';
import type { Pod, PodSpec } from './types/pod.ts';

const mutableFields =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function withImages(containers: readonly Container[] | undefined, old: readonly Container[] | undefined): readonly Container[] | undefined {
  return containers?.map((container, index) => {
    const { image: _, ...rest } = container;
    const image = old?.[index]?.image;
    return image === undefined ? rest : { ...rest, image };
  });
}

/** The new spec with everything that may change put back to what it was: what is still different is refused. */
function withoutAllowedChanges(spec: PodSpec, old: PodSpec, gated: boolean): PodSpec {
  const { activeDeadlineSeconds: _a, tolerations: _b, initContainers, ...rest } = spec;
  const inits = withImages(initContainers, old.initContainers);
  let munged: PodSpec = {
    ...rest,
    containers: withImages(spec.containers, old.containers) ?? [],
    ...(inits === undefined ? {} : { initContainers: inits }),
    ...(old.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: old.activeDeadlineSeconds }),
    ...(old.tolerations === undefined ? {} : { tolerations: old.tolerations }),
  };
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) munged = { ...munged, terminationGracePeriodSeconds: old.terminationGracePeriodSeconds as number };
  const gates = spec.schedulingGates ?? [];
  const oldGates = old.schedulingGates ?? [];
  if (gates.length < oldGates.length && gates.every((gate) => oldGates.some((each) => each.name === gate.name))) munged = { ...munged, schedulingGates: oldGates };
  if (gated) {
    const { nodeSelector: _c, affinity: _d, ...others } = munged;
    munged = { ...others, ...(old.nodeSelector === undefined ? {} : { nodeSelector: old.nodeSelector }), ...(old.affinity === undefined ? {} : { affinity: old.affinity }) };
  }
  return munged;
}

function onlyAdded(next: readonly Toleration[] | undefined, old: readonly Toleration[] | undefined): boolean {
  return (old ?? []).every((toleration) =>
    (next ?? []).some((each) => {
      const { tolerationSeconds: _a, ...left } = each;
      const { tolerationSeconds: _b, ...right } = toleration;
      return sameJson(left, right);
    }),
  );
}

function validatePodUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (pod.spec === old.spec) return errors;
  validatePodSpec(errors, pod.spec, 'spec');
  if ((pod.spec.containers ?? []).length !== old.spec.containers.length) {
    errors.push(forbidden('spec.containers', 'pod updates may not add or remove containers'));
    return errors;
  }
  if ((pod.spec.initContainers ?? []).length !== (old.spec.initContainers ?? []).length) {
    errors.push(forbidden('spec.initContainers', 'pod updates may not add or remove containers'));
    return errors;
  }
  const deadline = pod.spec.activeDeadlineSeconds;
  const oldDeadline = old.spec.activeDeadlineSeconds;
  if (deadline === undefined && oldDeadline !== undefined) errors.push(invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'));
  if (deadline !== undefined && oldDeadline !== undefined && deadline > oldDeadline) errors.push(invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value'));
  if (pod.spec.tolerations !== old.spec.tolerations && !onlyAdded(pod.spec.tolerations, old.spec.tolerations)) {
    errors.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
    validateTolerations(errors, pod.spec.tolerations, 'spec.tolerations');
  }
  const munged = withoutAllowedChanges(pod.spec, old.spec, (old.spec.schedulingGates ?? []).length > 0);
  if (!sameJson(munged, old.spec)) errors.push(forbidden('spec', `${mutableFields}\n${goDiff('PodSpec', old.spec, munged)}`));
  return errors;
}

export const podKind = declareKind<Pod>({
  kind: 'Pod',
  resource: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  subresources: ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'resize', 'status'],
  storagePrefix: 'pods',
  definition: 'io.k8s.api.core.v1.Pod',
  defaults: defaultPod,
  generation: true,
  initialStatus: (pod) => ({ phase: 'Pending', qosClass: podQosClass(pod.spec) }),
  validate: (pod) => {
    const errors: FieldErrors = [];
    validatePodSpec(errors, pod.spec, 'spec');
    return errors;
  },
  validateUpdate: validatePodUpdate,
  validateStatus: podStatusProblems,
  prepareForStatusUpdate: (pod, old) => ({
    ...pod,
    metadata: { ...pod.metadata, ...(old.metadata.ownerReferences === undefined ? {} : { ownerReferences: old.metadata.ownerReferences }) },
    // The server decides the class once; a status without it gets it back.
    status: { ...pod.status, qosClass: pod.status?.qosClass ?? old.status?.qosClass ?? podQosClass(pod.spec) },
  }),
  columns: podColumns,
  row: podRow,
  selectableFields: (pod) => ({
    'spec.nodeName': pod.spec.nodeName ?? '',
    'spec.restartPolicy': pod.spec.restartPolicy ?? '',
    'spec.schedulerName': pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': pod.spec.hostNetwork === true ? 'true' : 'false',
    'status.phase': pod.status?.phase ?? '',
    'status.podIP': pod.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': pod.status?.nominatedNodeName ?? '',
  }),
});

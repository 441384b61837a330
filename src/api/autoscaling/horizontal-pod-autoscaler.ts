// HorizontalPodAutoscaler: served as v1 and v2, kept as v2.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { age } from '../printing/cells.ts';
import { invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HPAScalingRules, MetricSpec, MetricStatus } from './types.ts';
import { statusCounts } from '../validation/status.ts';

const defaultMetrics: readonly MetricSpec[] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];

function defaultRules(rules: HPAScalingRules | undefined, up: boolean): HPAScalingRules {
  return fill(rules ?? {}, {
    ...(up ? { stabilizationWindowSeconds: 0 } : {}),
    selectPolicy: 'Max',
    policies: up ? [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] : [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  });
}

function defaultAutoscaler(scaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  let spec: HorizontalPodAutoscalerSpec = fill(scaler.spec ?? ({} as HorizontalPodAutoscalerSpec), { minReplicas: 1, metrics: defaultMetrics });
  spec = mapField(spec, 'metrics', (metrics) => mapSame(metrics, (metric) => metric));
  spec = mapField(spec, 'behavior', (behavior) => {
    const scaleUp = defaultRules(behavior.scaleUp, true);
    const scaleDown = defaultRules(behavior.scaleDown, false);
    return scaleUp === behavior.scaleUp && scaleDown === behavior.scaleDown ? behavior : { scaleUp, scaleDown };
  });
  return spec === scaler.spec ? scaler : { ...scaler, spec };
}

function validateAutoscaler({ spec }: HorizontalPodAutoscaler): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (spec.minReplicas !== undefined && spec.minReplicas < 1) errors.push(invalid('spec.minReplicas', spec.minReplicas, 'must be greater than or equal to 1'));
  if ((spec.maxReplicas ?? 0) < 1) errors.push(invalid('spec.maxReplicas', spec.maxReplicas ?? 0, 'must be greater than 0'));
  if (spec.minReplicas !== undefined && (spec.maxReplicas ?? 0) < spec.minReplicas) errors.push(invalid('spec.maxReplicas', spec.maxReplicas ?? 0, 'must be greater than or equal to `minReplicas`'));
  if (!spec.scaleTargetRef?.kind) errors.push(required('spec.scaleTargetRef.kind'));
  if (!spec.scaleTargetRef?.name) errors.push(required('spec.scaleTargetRef.name'));
  spec.metrics?.forEach((metric, index) => {
    const at = `spec.metrics[${index}]`;
    const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
    if (!metric.type) errors.push(required(`${at}.type`, 'must specify a metric source type'));
    else if (!types.includes(metric.type)) errors.push(notSupported(`${at}.type`, metric.type, types));
    if (metric.type === 'Resource' && metric.resource === undefined) errors.push(required(`${at}.resource`, 'must populate information for the given metric source'));
    const target = metric.resource?.target;
    if (target?.averageUtilization !== undefined && target.averageUtilization < 1) errors.push(invalid(`${at}.resource.target.averageUtilization`, target.averageUtilization, 'must be greater than 0'));
  });
  return errors;
}

function targetText(metric: MetricSpec, current: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'Resource':
    case 'ContainerResource': {
      const source = metric.resource ?? metric.containerResource;
      const now = current?.resource?.current ?? current?.containerResource?.current;
      if (source?.target.averageValue !== undefined) return `${source.name}: ${now?.averageValue ?? '<unknown>'}/${source.target.averageValue}`;
      return `${source?.name ?? ''}: ${now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`}/${source?.target.averageUtilization === undefined ? '<auto>' : `${source.target.averageUtilization}%`}`;
    }
    case 'Pods':
      return `${current?.pods?.current.averageValue ?? '<unknown>'}/${metric.pods?.target.averageValue ?? ''}`;
    case 'Object':
      if (metric.object?.target.averageValue !== undefined) return `${current?.object?.current.averageValue ?? '<unknown>'}/${metric.object.target.averageValue} (avg)`;
      return `${current?.object?.current.value ?? '<unknown>'}/${metric.object?.target.value ?? ''}`;
    case 'External':
      if (metric.external?.target.averageValue !== undefined) return `${current?.external?.current.averageValue ?? '<unknown>'}/${metric.external.target.averageValue} (avg)`;
      return `${current?.external?.current.value ?? '<unknown>'}/${metric.external?.target.value ?? ''}`;
    default:
      return '<unknown type>';
  }
}

function targetsText(specs: readonly MetricSpec[] | undefined, statuses: readonly MetricStatus[] | undefined): string {
  if ((specs ?? []).length === 0) return '<none>';
  const all = (specs ?? []).map((metric, index) => targetText(metric, statuses?.[index]));
  return all.length > 2 ? `${all.slice(0, 2).join(', ')} + ${all.length - 2} more...` : all.join(', ');
}

const shared = { group: 'autoscaling', kind: 'HorizontalPodAutoscaler', resource: 'horizontalpodautoscalers', shortNames: ['hpa'], categories: ['all'], subresources: ['status'], storagePrefix: 'horizontalpodautoscalers' } as const;
const scalerColumns = columns('Name Reference Targets MinPods MaxPods# Replicas# Age');

export const horizontalPodAutoscalerKind = declareKind<HorizontalPodAutoscaler>({
  ...shared,
  version: 'v2',
  definition: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  initialStatus: () => ({ desiredReplicas: 0, currentMetrics: null }),
  defaults: defaultAutoscaler,
  validate: validateAutoscaler,
  validateStatus: statusCounts('currentReplicas desiredReplicas'),
  columns: scalerColumns,
  row: (scaler, nowMs) => [
    scaler.metadata.name,
    `${scaler.spec.scaleTargetRef?.kind}/${scaler.spec.scaleTargetRef?.name}`,
    targetsText(scaler.spec.metrics, scaler.status?.currentMetrics ?? []),
    String(scaler.spec.minReplicas ?? '<unset>'),
    scaler.spec.maxReplicas,
    scaler.status?.currentReplicas ?? 0,
    age(scaler, nowMs),
  ],
});

interface AutoscalerV1 extends ApiObject {
  readonly spec: { readonly scaleTargetRef: { readonly kind: string; readonly name: string }; readonly minReplicas?: number; readonly maxReplicas: number; readonly targetCPUUtilizationPercentage?: number };
  readonly status?: { readonly currentReplicas?: number; readonly currentCPUUtilizationPercentage?: number };
}

export const horizontalPodAutoscalerV1Kind = declareKind<AutoscalerV1>({
  ...shared,
  validateStatus: statusCounts('currentReplicas desiredReplicas'),
  definition: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  defaults: (scaler) => {
    const spec = fill(scaler.spec ?? ({} as AutoscalerV1['spec']), { minReplicas: 1 });
    return spec === scaler.spec ? scaler : { ...scaler, spec };
  },
  validate: (scaler) => validateAutoscaler(scaler as unknown as HorizontalPodAutoscaler),
  columns: scalerColumns,
  row: (scaler, nowMs) => {
    const { spec, status } = scaler;
    const current = status?.currentCPUUtilizationPercentage;
    const target = spec.targetCPUUtilizationPercentage;
    return [
      scaler.metadata.name,
      `${spec.scaleTargetRef?.kind}/${spec.scaleTargetRef?.name}`,
      target === undefined ? '<none>' : `cpu: ${current === undefined ? '<unknown>' : `${current}%`}/${target}%`,
      String(spec.minReplicas ?? '<unset>'),
      spec.maxReplicas,
      status?.currentReplicas ?? 0,
      age(scaler, nowMs),
    ];
  },
});

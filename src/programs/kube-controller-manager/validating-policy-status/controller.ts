// Every ValidatingAdmissionPolicy is type checked once per generation; what is found stands in its status.
import { typeCheck } from '../../../api/admissionregistration/type-check.ts';
import type { AdmissionPolicy } from '../../../api/admissionregistration/types.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';

export function startValidatingPolicyStatusController(context: ControllerContext): void {
  const name = 'validatingadmissionpolicy-status-controller';
  const client = context.client(name);
  const policies = context.informer<AdmissionPolicy>(refs.validatingPolicies);
  const queue = context.queue(name);
  policies.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(object.metadata.name);
  });

  function* reconcile(key: string): Task<void> {
    const policy = policies.get(key);
    const generation = policy?.metadata.generation ?? 0;
    if (policy === undefined || (policy.status?.observedGeneration ?? 0) >= generation) return;
    const expressionWarnings = typeCheck(policy);
    const status = { observedGeneration: generation, typeChecking: expressionWarnings.length === 0 ? {} : { expressionWarnings } };
    try {
      yield* client.updateStatus<AdmissionPolicy>(refs.validatingPolicies, '', { ...policy, apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', status });
    } catch (error) {
      if (isConflict(error)) throw new RetryError('changed meanwhile');
      if (!isNotFound(error)) throw error;
      return;
    }
    if (expressionWarnings.length > 0) context.decided(name, key, 'warned', { says: 'message', message: `${expressionWarnings.length} expressions do not fit the types that they match` });
  }

  context.start({ name, queue, workers: 1, needs: [policies], reconcile });
}

// Creating and deleting pods for an owner, with the events that tell of it.
import type { ApiObject } from '../../../api/meta/object.ts';
import { isNotFound, isNamespaceTerminating } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import type { Task } from '../../../kernel/task.ts';
import { refs, type OwnerReference, type Pod, type PodTemplate } from './objects.ts';

export class PodControl {
  private readonly client: ApiClient;
  private readonly recorder: EventRecorder;

  constructor(client: ApiClient, recorder: EventRecorder) {
    this.client = client;
    this.recorder = recorder;
  }

  *create(template: PodTemplate, owner: ApiObject, reference: OwnerReference, generateName = `${owner.metadata.name}-`): Task<void> {
    const namespace = owner.metadata.namespace ?? '';
    try {
      const created = yield* this.client.create(refs.pods, namespace, podFromTemplate(template, namespace, reference, generateName));
      this.recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      // Nothing can be made in a namespace that goes: no need to tell.
      if (!isNamespaceTerminating(error)) this.recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  *delete(pod: Pod, owner: ApiObject): Task<void> {
    const { name, namespace = '' } = pod.metadata;
    try {
      yield* this.client.delete(refs.pods, namespace, name);
    } catch (error) {
      if (isNotFound(error)) throw error;
      this.recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
    this.recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }
}

export function podFromTemplate(template: PodTemplate, namespace: string, reference: OwnerReference, generateName: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [reference],
      ...(finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }),
    },
    spec: template.spec,
  };
}

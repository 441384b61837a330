// VolumeBinding, thin: a pod whose claims do not exist or are not bound yet has to wait. Topology of volumes is not looked at.
import { skip, type ClusterView, type Plugin, type Prepared, type Refusal } from '../../framework.ts';
import type { PodInfo } from '../../pod-info.ts';

export const volumeBinding: Plugin = {
  name: 'VolumeBinding',
  filter: {
    prepare: (pod: PodInfo, view: ClusterView): Prepared<undefined> => {
      for (const volume of pod.pod.spec.volumes ?? []) {
        const name = volume.persistentVolumeClaim?.claimName;
        if (name === undefined) continue;
        const claim = view.claim(pod.namespace, name);
        if (!claim.exists) return refuse(`persistentvolumeclaim "${name}" not found`);
        if (!claim.bound && !claim.waits) return refuse('pod has unbound immediate PersistentVolumeClaims');
      }
      return skip;
    },
    check: () => undefined,
  },
  helps: (event) => event.kind === 'volume-changed' || event.kind === 'node-added',
};

function refuse(reason: string): { kind: 'refuse'; refusal: Refusal } {
  return { kind: 'refuse', refusal: { reasons: [reason], unresolvable: true } };
}

// kubectl describe persistentvolume | persistentvolumeclaim | storageclass
import type { Task } from '../../../kernel/task.ts';
import { listObjects, podMapping } from '../commands/act.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { annotationsMultiline, DescribeWriter, eventsSection, labelsMultiline, orNone, since } from './writer.ts';

const shortMode: Readonly<Record<string, string>> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
const modes = (list: readonly string[] | undefined): string => [...new Set(list ?? [])].map((mode) => shortMode[mode] ?? mode).join(',');

export function* describePv({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]`);
  w.line(`StorageClass:\t${spec.storageClassName ?? ''}`);
  w.line(metadata.deletionTimestamp === undefined ? `Status:\t${status.phase ?? ''}` : `Status:\tTerminating (lasts ${since(metadata.deletionTimestamp, k.nowMs())})`);
  w.line(`Claim:\t${spec.claimRef === undefined ? '' : `${spec.claimRef.namespace}/${spec.claimRef.name}`}`);
  w.line(`Reclaim Policy:\t${spec.persistentVolumeReclaimPolicy ?? ''}`);
  w.line(`Access Modes:\t${modes(spec.accessModes)}`);
  if (spec.volumeMode !== undefined) w.line(`VolumeMode:\t${spec.volumeMode}`);
  w.line(`Capacity:\t${spec.capacity?.storage ?? ''}`);
  const terms: Any[] = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  if (terms.length === 0) w.line('Node Affinity:\t<none>');
  else {
    w.line('Node Affinity:');
    w.at(1, 'Required Terms:');
    terms.forEach((term, index) => {
      const list: Any[] = term.matchExpressions ?? [];
      w.at(2, `Term ${index}:\t${list.length === 0 ? '<none>' : list.map((each) => `${each.key} ${String(each.operator).toLowerCase()} [${(each.values ?? []).join(', ')}]`).join('\n    \t')}`);
    });
  }
  w.line(`Message:\t${status.message ?? ''}`);
  w.line('Source:');
  if (spec.hostPath !== undefined) for (const line of ['Type:\tHostPath (bare host directory volume)', `Path:\t${spec.hostPath.path}`, `HostPathType:\t${spec.hostPath.type ?? ''}`]) w.at(2, line);
  else if (spec.local !== undefined) for (const line of ['Type:\tLocalVolume (a persistent volume backed by local storage on a node)', `Path:\t${spec.local.path}`]) w.at(2, line);
  else if (spec.csi !== undefined) for (const line of ['Type:\tCSI (a Container Storage Interface (CSI) volume source)', `Driver:\t${spec.csi.driver}`, `FSType:\t${spec.csi.fsType ?? ''}`, `VolumeHandle:\t${spec.csi.volumeHandle}`, `ReadOnly:\t${spec.csi.readOnly === true}`]) w.at(2, line);
  else if (spec.nfs !== undefined) for (const line of ['Type:\tNFS (an NFS mount that lasts the lifetime of a pod)', `Server:\t${spec.nfs.server}`, `Path:\t${spec.nfs.path}`, `ReadOnly:\t${spec.nfs.readOnly === true}`]) w.at(2, line);
  else w.at(2, '<unknown>');
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describePvc({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const pods = (yield* listObjects(k, podMapping, metadata.namespace, { limit: '500' })).filter((pod) => (pod.spec.volumes ?? []).some((volume: Any) => volume.persistentVolumeClaim?.claimName === metadata.name));
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`StorageClass:\t${spec.storageClassName ?? ''}`);
  w.line(metadata.deletionTimestamp === undefined ? `Status:\t${status.phase ?? ''}` : `Status:\tTerminating (lasts ${since(metadata.deletionTimestamp, k.nowMs())})`);
  w.line(`Volume:\t${spec.volumeName ?? ''}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]`);
  const bound = (spec.volumeName ?? '') !== '';
  w.line(`Capacity:\t${bound ? (status.capacity?.storage ?? '') : ''}`);
  w.line(`Access Modes:\t${bound ? modes(status.accessModes) : ''}`);
  if (spec.volumeMode !== undefined) w.line(`VolumeMode:\t${spec.volumeMode}`);
  if (spec.dataSource !== undefined) {
    w.line('DataSource:');
    if (spec.dataSource.apiGroup !== undefined) w.at(1, `APIGroup:\t${spec.dataSource.apiGroup}`);
    w.at(1, `Kind:\t${spec.dataSource.kind}`);
    w.at(1, `Name:\t${spec.dataSource.name}`);
  }
  w.write(0, 'Used By:\t');
  if (pods.length === 0) w.line('<none>');
  pods.forEach((pod, index) => w.line(`${index === 0 ? '' : '\t'}${pod.metadata.name}`));
  const conditions: Any[] = status.conditions ?? [];
  if (conditions.length > 0) {
    w.line('Conditions:\n  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage');
    w.at(1, '----\t------\t-----------------\t------------------\t------\t-------');
    for (const each of conditions) w.at(1, `${each.type} \t${each.status} \t${each.lastProbeTime ?? ''} \t${each.lastTransitionTime ?? ''} \t${each.reason ?? ''} \t${each.message ?? ''}`);
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeStorageClass({ k, object, events }: Subject): Task<string> {
  const annotations = object.metadata.annotations ?? {};
  const pairs = (map: Readonly<Record<string, string>>): string => orNone(Object.keys(map).sort().map((key) => `${key}=${map[key]}`).join(','));
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  w.line(`IsDefaultClass:\t${annotations['storageclass.kubernetes.io/is-default-class'] === 'true' ? 'Yes' : 'No'}`);
  w.line(`Annotations:\t${pairs(annotations)}`);
  w.line(`Provisioner:\t${object.provisioner}`);
  w.line(`Parameters:\t${pairs(object.parameters ?? {})}`);
  w.line(`AllowVolumeExpansion:\t${object.allowVolumeExpansion === undefined ? '<unset>' : object.allowVolumeExpansion === true ? 'True' : 'False'}`);
  const options: string[] = object.mountOptions ?? [];
  if (options.length === 0) w.line('MountOptions:\t<none>');
  else {
    w.line('MountOptions:');
    for (const option of options) w.at(1, option);
  }
  w.line(`ReclaimPolicy:\t${object.reclaimPolicy ?? ''}`);
  w.line(`VolumeBindingMode:\t${object.volumeBindingMode ?? ''}`);
  const topologies: Any[] = object.allowedTopologies ?? [];
  if (topologies.length > 0) {
    w.line('AllowedTopologies:');
    topologies.forEach((each, index) => w.at(1, `Term ${index}:\t${(each.matchLabelExpressions ?? []).map((term: Any) => `${term.key} in [${(term.values ?? []).join(', ')}]`).join('\n    \t')}`));
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

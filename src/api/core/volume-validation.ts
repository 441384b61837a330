// Validation of a pod's volumes: their names, their sources, the paths within them.
import { isDns1123Label } from '../meta/names.ts';
import { quantityOf } from '../meta/quantity.ts';
import { checkOneOf, duplicate, forbidden, invalid, required, type FieldErrors } from '../validation/field-error.ts';
import { volumeSourceNames } from './pod-defaults.ts';
import type { Volume } from './types/volume.ts';

export function validateLocalPath(errors: FieldErrors, path: string, field: string): void {
  if (path.startsWith('/')) errors.push(invalid(field, path, 'must be a relative path'));
  if (path.split('/').includes('..')) errors.push(invalid(field, path, "must not contain '..'"));
}

export function validateVolumes(errors: FieldErrors, volumes: readonly Volume[] | undefined, field: string): ReadonlyMap<string, Volume> {
  const known = new Map<string, Volume>();
  volumes?.forEach((volume, index) => {
    const at = `${field}[${index}]`;
    validateVolumeSource(errors, volume, at);
    if (!volume.name) {
      errors.push(required(`${at}.name`));
      return;
    }
    const problems = isDns1123Label(volume.name);
    for (const problem of problems) errors.push(invalid(`${at}.name`, volume.name, problem));
    if (known.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    else if (problems.length === 0) known.set(volume.name, volume);
  });
  return known;
}

function validateVolumeSource(errors: FieldErrors, volume: Volume, field: string): void {
  const given = volumeSourceNames.filter((name) => volume[name] !== undefined);
  if (given.length === 0) errors.push(required(field, 'must specify a volume type'));
  for (const name of given.slice(1)) errors.push(forbidden(`${field}.${name}`, 'may not specify more than 1 volume type'));
  switch (given[0]) {
    case 'hostPath':
      if (!volume.hostPath?.path) errors.push(required(`${field}.hostPath.path`));
      else if (volume.hostPath.path.split('/').includes('..')) errors.push(invalid(`${field}.hostPath.path`, volume.hostPath.path, "must not contain '..'"));
      checkOneOf(errors, volume.hostPath?.type, `${field}.hostPath.type`, ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']);
      break;
    case 'secret':
      if (!volume.secret?.secretName) errors.push(required(`${field}.secret.secretName`));
      checkMode(errors, volume.secret?.defaultMode, `${field}.secret.defaultMode`);
      validateItems(errors, volume.secret?.items, `${field}.secret.items`);
      break;
    case 'configMap':
      if (!volume.configMap?.name) errors.push(required(`${field}.configMap.name`));
      checkMode(errors, volume.configMap?.defaultMode, `${field}.configMap.defaultMode`);
      validateItems(errors, volume.configMap?.items, `${field}.configMap.items`);
      break;
    case 'persistentVolumeClaim':
      if (!volume.persistentVolumeClaim?.claimName) errors.push(required(`${field}.persistentVolumeClaim.claimName`));
      break;
    case 'nfs':
      if (!volume.nfs?.server) errors.push(required(`${field}.nfs.server`));
      if (!volume.nfs?.path) errors.push(required(`${field}.nfs.path`));
      break;
    case 'emptyDir':
      if (volume.emptyDir?.sizeLimit !== undefined && quantityOf(volume.emptyDir.sizeLimit).nanos < 0n) {
        errors.push(forbidden(`${field}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
      }
      break;
    case 'image':
      if (!volume.image?.reference) errors.push(required(`${field}.image.reference`));
      break;
    case 'csi':
      if (!volume.csi?.driver) errors.push(required(`${field}.csi.driver`));
      break;
    default:
  }
}

function checkMode(errors: FieldErrors, mode: number | undefined, field: string): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.push(invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
}

function validateItems(errors: FieldErrors, items: readonly { readonly key: string; readonly path: string; readonly mode?: number }[] | undefined, field: string): void {
  items?.forEach((item, index) => {
    if (!item.key) errors.push(required(`${field}[${index}].key`));
    if (!item.path) errors.push(required(`${field}[${index}].path`));
    else validateLocalPath(errors, item.path, `${field}[${index}].path`);
    checkMode(errors, item.mode, `${field}[${index}].mode`);
  });
}

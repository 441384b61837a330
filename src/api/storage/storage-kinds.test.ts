import { expect, test } from 'vitest';
import { formatFieldError } from '../validation/field-error.ts';
import { volumeAttachmentKind } from './storage-kinds.ts';
import type { VolumeAttachment } from './types.ts';

const attachment = (spec: object): VolumeAttachment => ({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'a' }, spec: { attacher: 'disk.csi.example.com', nodeName: 'w1', source: { persistentVolumeName: 'v' }, ...spec } as VolumeAttachment['spec'] });
const problems = (spec: object): string[] => volumeAttachmentKind.validate(attachment(spec)).map(formatFieldError);
const either = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

test.each<[string, object, readonly string[]]>([
  ['whole', {}, []],
  ['without a source', { source: undefined }, [`spec.source: Required value: ${either}`]],
  ['with two sources', { source: { persistentVolumeName: 'v', inlineVolumeSpec: {} } }, [`spec.source: Forbidden: ${either}`]],
  ['of a volume without a name', { source: { persistentVolumeName: '' } }, ['spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName']],
  ['without an attacher', { attacher: '' }, ['spec.attacher: Required value']],
])('an attachment %s', (_, spec, expected) => expect(problems(spec)).toEqual(expected));

test('an attachment goes to one node for good, and is shown whatever it lacks', () => {
  const old = attachment({});
  expect(volumeAttachmentKind.validateUpdate?.(attachment({ nodeName: 'w2' }), old).map(({ field, detail }) => `${field}: ${detail}`)).toEqual(['spec: field is immutable']);
  expect(volumeAttachmentKind.row?.(attachment({ source: undefined }), 0)[2]).toBe('');
});

// `-k`: the parts of a kustomization that most people use: resources, namespace, prefixes, labels, annotations, images, replicas, generators, patches.
import { parseYaml, splitDocuments } from '../../../api/yaml/parse-yaml.ts';
import { generatedNameHash } from '../../../api/meta/sha256.ts';
import { encodeBase64 } from '../../../api/meta/base64.ts';
import { matchesSelector, parseSelector } from '../../../api/meta/labels.ts';
import { CommandError, messageOf } from '../errors.ts';
import type { Any } from '../kubectl.ts';
import { inLegacyOrder, renameReferences } from './references.ts';

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Kinds that `replicas` counts. */
const scaled = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController']);
const clusterKinds = new Set(['Namespace', 'Node', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PersistentVolume', 'StorageClass', 'PriorityClass', 'IngressClass', 'RuntimeClass']);

/** What a kustomization is made of on its way: the hash of a generated object's name is added last, when nothing changes its data any more. */
interface Resource {
  readonly object: Any;
  readonly hashed: boolean;
  /** The name it was declared with, by which patches and replicas mean it. */
  readonly declared: string;
}

type Read = (path: string) => string | undefined;

/** The objects of a folder's kustomization, as `kubectl kustomize` prints them. Throws CommandError with kustomize's words. */
export function buildKustomization(read: Read, folder: string): Any[] {
  const root = folder.replace(/\/+$/, '') || '/';
  const resources = buildLevel(read, root);
  const renames = new Map<string, string>();
  const named = resources.map(({ object, hashed }) => {
    if (!hashed) return object;
    const name = `${object.metadata.name}-${generatedNameHash({ ...object, metadata: { name: '' } })}`;
    renames.set(`${object.kind}/${object.metadata.name}`, name);
    return { ...object, metadata: { ...object.metadata, name } };
  });
  return inLegacyOrder(named.map((object) => renameReferences(object, renames)));
}

const noFolder = (path: string): string => `must build at directory: not a valid directory: evalsymlink failure on '${path}' : lstat ${path}: no such file or directory`;

const fields = new Map(['resources', 'bases', 'namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'commonAnnotations', 'labels', 'images', 'replicas', 'patches', 'patchesStrategicMerge', 'patchesJson6902', 'configMapGenerator', 'secretGenerator', 'generatorOptions', 'replacements', 'apiVersion', 'kind'].map((each) => [each.toLowerCase(), each]));

/** Go's JSON reads the names of fields whatever their case. */
const inFieldCase = (k: Any): Any => Object.fromEntries(Object.entries(k).map(([key, value]) => [fields.get(key.toLowerCase()) ?? key, value]));

function readKustomization(read: Read, root: string, exists: boolean): Any {
  const text = fileNames.map((name) => read(`${root}/${name}`)).find((each) => each !== undefined);
  if (text === undefined) throw new CommandError(exists ? `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${root}'` : noFolder(root));
  let k: Any;
  try {
    k = parseYaml(text);
  } catch (error) {
    throw new CommandError(`invalid Kustomization: ${messageOf(error)}`);
  }
  if (k === null || typeof k !== 'object' || Object.keys(k).length === 0) throw new CommandError('kustomization.yaml is empty');
  k = inFieldCase(k);
  for (const field of ['namePrefix', 'nameSuffix', 'namespace']) {
    if (k[field] !== undefined && typeof k[field] !== 'string') throw new CommandError(`invalid Kustomization: json: cannot unmarshal ${typeof k[field]} into Go struct field Kustomization.${field} of type string`);
  }
  return k;
}

function buildLevel(read: Read, root: string): Resource[] {
  const k = readKustomization(read, root, isFolder(read, root));
  let resources: Resource[] = [];
  for (const entry of [...(k.resources ?? []), ...(k.bases ?? [])]) resources.push(...accumulate(read, root, String(entry)));
  for (const generator of k.configMapGenerator ?? []) resources = withGenerated(resources, generate('ConfigMap', generator, k.generatorOptions, root, read), generator.behavior);
  for (const generator of k.secretGenerator ?? []) resources = withGenerated(resources, generate('Secret', generator, k.generatorOptions, root, read), generator.behavior);
  for (const patch of [...(k.patchesStrategicMerge ?? []).map((path: string) => ({ path })), ...(k.patchesJson6902 ?? []), ...(k.patches ?? [])]) {
    const source = patch.patch ?? read(join(root, String(patch.path)));
    if (source === undefined) throw new CommandError(`failed to get the patch file from path(${String(patch.path)}): evalsymlink failure on '${join(root, String(patch.path))}' : lstat ${join(root, String(patch.path))}: no such file or directory`);
    for (const part of splitDocuments(source)) resources = applyPatch(resources, parseYaml(part.text), patch.target);
  }
  const renames = new Map<string, string>();
  const changed = resources.map((resource) => {
    const object = transform(resource, k);
    if (object.metadata?.name !== resource.object.metadata?.name) renames.set(`${object.kind}/${resource.object.metadata?.name}`, object.metadata.name);
    return { ...resource, object };
  });
  return changed.map((resource) => ({ ...resource, object: renameReferences(resource.object, renames) }));
}

/** A kustomization's folder, or a file of objects. */
function accumulate(read: Read, root: string, entry: string): Resource[] {
  const path = join(root, entry);
  const content = read(path);
  if (content === undefined) {
    if (!isFolder(read, path) && fileNames.every((name) => read(`${path}/${name}`) === undefined)) {
      throw new CommandError(`accumulating resources: accumulation err='accumulating resources from '${entry}': evalsymlink failure on '${path}' : lstat ${path}: no such file or directory': ${noFolder(path)}`);
    }
    return buildLevel(read, path);
  }
  const found: Resource[] = [];
  for (const part of splitDocuments(content)) {
    const value: Any = parseYaml(part.text);
    for (const object of value === null ? [] : Array.isArray(value.items) && String(value.kind).endsWith('List') ? value.items : [value]) found.push({ object, hashed: false, declared: String(object.metadata?.name ?? '') });
  }
  return found;
}

/** A folder that exists: only its kustomization, or a file that we are told of, can be seen through `read`. */
function isFolder(read: Read, path: string): boolean {
  return read(`${path}/`) !== undefined || fileNames.some((name) => read(`${path}/${name}`) !== undefined);
}

/** behavior: create (absent), merge or replace an object generated by a base. */
function withGenerated(resources: readonly Resource[], made: Resource, behavior: unknown): Resource[] {
  if (behavior !== 'merge' && behavior !== 'replace') return [...resources, made];
  const at = resources.findIndex((each) => each.object.kind === made.object.kind && each.declared === made.declared);
  if (at < 0) throw new CommandError(`merging from generator ${made.declared}: id resid.ResId{Gvk: {Version: "v1", Kind: "${made.object.kind}"}, Name: "${made.declared}"} does not exist; cannot merge or replace`);
  const old = resources[at] as Resource;
  const data = behavior === 'merge' ? { ...old.object.data, ...made.object.data } : made.object.data;
  const labels = { ...old.object.metadata.labels, ...made.object.metadata.labels };
  const object = { ...old.object, metadata: { ...old.object.metadata, ...(Object.keys(labels).length > 0 ? { labels } : {}) }, data };
  return resources.map((each, index) => (index === at ? { ...old, object } : each));
}

function join(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function generate(kind: string, generator: Any, options: Any, root: string, read: Read): Resource {
  const data: Record<string, string> = {};
  const put = (key: string, value: string): void => {
    data[key] = kind === 'Secret' ? encodeBase64(value) : value;
  };
  for (const literal of generator.literals ?? []) {
    const equals = String(literal).indexOf('=');
    put(String(literal).slice(0, equals), String(literal).slice(equals + 1).replace(/^(["'])(.*)\1$/, '$2'));
  }
  for (const file of generator.files ?? []) {
    const [key, path] = String(file).includes('=') ? (String(file).split('=') as [string, string]) : [String(file).replace(/^.*\//, ''), String(file)];
    const content = read(join(root, path));
    if (content === undefined) throw new CommandError(`loading KV pairs: file sources: [${String(file)}]: evalsymlink failure on '${join(root, path)}' : lstat ${join(root, path)}: no such file or directory`);
    put(key, content);
  }
  for (const file of [...(generator.envs ?? []), ...(generator.env === undefined ? [] : [generator.env])]) {
    for (const line of (read(join(root, String(file))) ?? '').split('\n')) {
      const equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith('#')) put(line.slice(0, equals), line.slice(equals + 1));
    }
  }
  const plain = options?.disableNameSuffixHash === true || generator.options?.disableNameSuffixHash === true;
  const labels = { ...options?.labels, ...generator.options?.labels };
  const annotations = { ...options?.annotations, ...generator.options?.annotations };
  const metadata = {
    name: generator.name,
    ...(generator.namespace === undefined ? {} : { namespace: generator.namespace }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
  const immutable = options?.immutable === true || generator.options?.immutable === true ? { immutable: true } : {};
  return { object: { apiVersion: 'v1', kind, metadata, ...(kind === 'Secret' ? { type: generator.type ?? 'Opaque' } : {}), ...(Object.keys(data).length > 0 ? { data } : {}), ...immutable }, hashed: !plain, declared: generator.name };
}

function applyPatch(resources: readonly Resource[], patch: Any, target: Any): Resource[] {
  if (patch === null) return [...resources];
  const wanted = target ?? { kind: patch.kind, name: patch.metadata?.name };
  const selector = typeof wanted.labelSelector === 'string' ? parseSelector(wanted.labelSelector).selector : undefined;
  const whole = (pattern: unknown, text: string): boolean => pattern === undefined || new RegExp(`^(?:${String(pattern)})$`).test(text);
  let found = false;
  const changed = resources.flatMap((resource) => {
    const { object } = resource;
    const [group, version] = String(object.apiVersion).includes('/') ? (String(object.apiVersion).split('/') as [string, string]) : ['', String(object.apiVersion)];
    if (!whole(wanted.kind, object.kind) || !whole(wanted.group, group) || !whole(wanted.version, version) || !whole(wanted.namespace, object.metadata?.namespace ?? '')) return [resource];
    if (!whole(wanted.name, resource.declared) && !whole(wanted.name, object.metadata?.name ?? '')) return [resource];
    if (selector !== undefined && !matchesSelector(selector, object.metadata?.labels)) return [resource];
    found = true;
    if (patch.$patch === 'delete') return [];
    if (Array.isArray(patch)) return [{ ...resource, object: patch.reduce((current, operation) => jsonPatch(current, operation), object) }];
    // The patch names what it is for; it does not rename it.
    const { metadata, apiVersion: _, kind: __, ...rest } = patch;
    const { name: ___, ...about } = metadata ?? {};
    return [{ ...resource, object: merge(object, { ...rest, ...(Object.keys(about).length > 0 ? { metadata: about } : {}) }) }];
  });
  if (!found && target === undefined) throw new CommandError(`no resource matches strategic merge patch "${String(patch.kind)}.[noGrp]/${String(patch.metadata?.name)}.[noNs]": no matches for Id ${String(patch.kind)}/${String(patch.metadata?.name)}; failed to find unique target for patch`);
  return changed;
}

function jsonPatch(object: Any, operation: Any): Any {
  const path = String(operation.path).split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const walk = (value: Any, index: number): Any => {
    const key = path[index] as string;
    const last = index === path.length - 1;
    if (Array.isArray(value)) {
      const at = key === '-' ? value.length : Number(key);
      if (!last) return value.map((item, i) => (i === at ? walk(item, index + 1) : item));
      if (operation.op === 'remove') return value.filter((_, i) => i !== at);
      if (operation.op === 'replace') return value.map((item, i) => (i === at ? operation.value : item));
      return [...value.slice(0, at), operation.value, ...value.slice(at)];
    }
    const map = value ?? {};
    if (!last) return { ...map, [key]: walk(map[key], index + 1) };
    if (operation.op === 'remove') return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
    return { ...map, [key]: operation.value };
  };
  return walk(object, 0);
}

/** Merge with lists of named things matched by name. */
export function merge(base: Any, patch: Any): Any {
  if (patch === null || typeof patch !== 'object') return patch;
  if (Array.isArray(patch)) {
    const key = ['name', 'containerPort', 'mountPath', 'port'].find((each) => patch.every((item) => item !== null && typeof item === 'object' && each in item));
    if (!Array.isArray(base) || key === undefined) return patch;
    const merged = base.map((item) => {
      const other = patch.find((each) => each[key] === item?.[key]);
      return other === undefined ? item : other.$patch === 'delete' ? undefined : merge(item, other);
    }).filter((item) => item !== undefined);
    return [...merged, ...patch.filter((item) => item.$patch === undefined && !base.some((each) => each?.[key] === item[key]))];
  }
  const result: Any = base !== null && typeof base === 'object' && !Array.isArray(base) ? { ...base } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}

function transform(resource: Resource, k: Any): Any {
  let result = resource.object;
  const metadata = (changes: Any): void => {
    result = { ...result, metadata: { ...result.metadata, ...changes } };
  };
  const template = (changes: (metadata: Any) => Any): void => {
    if (result.spec?.template === undefined) return;
    const { spec } = result;
    result = { ...result, spec: { ...spec, template: { ...spec.template, metadata: changes(spec.template.metadata ?? {}) } } };
  };
  if (k.namespace !== undefined && !clusterKinds.has(result.kind)) metadata({ namespace: k.namespace });
  if ((k.namePrefix !== undefined || k.nameSuffix !== undefined) && result.kind !== 'Namespace' && result.kind !== 'CustomResourceDefinition') metadata({ name: `${k.namePrefix ?? ''}${result.metadata?.name}${k.nameSuffix ?? ''}` });
  const labels: Any = { ...(k.commonLabels ?? {}) };
  const plainLabels: Any = {};
  const templateLabels: Any = {};
  for (const entry of k.labels ?? []) {
    Object.assign(entry.includeSelectors === true ? labels : plainLabels, entry.pairs ?? {});
    if (entry.includeTemplates === true) Object.assign(templateLabels, entry.pairs ?? {});
  }
  if (Object.keys({ ...labels, ...plainLabels }).length > 0) metadata({ labels: { ...result.metadata?.labels, ...plainLabels, ...labels } });
  if (Object.keys({ ...labels, ...templateLabels }).length > 0) template((now) => ({ ...now, labels: { ...now.labels, ...templateLabels, ...labels } }));
  if (Object.keys(labels).length > 0 && result.spec !== undefined) {
    let spec = result.spec;
    if (result.kind === 'Service' && spec.selector !== undefined) spec = { ...spec, selector: { ...spec.selector, ...labels } };
    else if (spec.selector?.matchLabels !== undefined) spec = { ...spec, selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, ...labels } } };
    result = { ...result, spec };
  }
  if (k.commonAnnotations !== undefined) {
    metadata({ annotations: { ...result.metadata?.annotations, ...k.commonAnnotations } });
    template((now) => ({ ...now, annotations: { ...now.annotations, ...k.commonAnnotations } }));
  }
  for (const entry of k.replicas ?? []) if (entry.name === resource.declared && scaled.has(result.kind)) result = { ...result, spec: { ...result.spec, replicas: entry.count } };
  return (k.images ?? []).length === 0 ? result : withImages(result, '', k.images);
}

function withImages(value: Any, key: string, images: readonly Any[]): Any {
  if (Array.isArray(value)) return value.map((item) => withImages(item, key, images));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withImages(inner, name, images)]));
  if (key !== 'image' || typeof value !== 'string') return value;
  const match = /^(.*?)(?::([^:/@]+))?(@sha256:.*)?$/.exec(value) as RegExpExecArray;
  const image = images.find((each) => each.name === match[1]);
  if (image === undefined) return value;
  const name = image.newName ?? match[1];
  if (image.digest !== undefined) return `${name}@${image.digest}`;
  const tag = image.newTag ?? match[2];
  return tag === undefined ? name : `${name}:${tag}`;
}

// `-k`: the parts of a kustomization that most people use: resources, namespace, prefixes, labels, annotations, images, replicas, generators, patches.
import { parseYaml, splitDocuments } from '../../api/yaml/parse-yaml.ts';
import { generatedNameHash } from '../../api/meta/sha256.ts';
import { encodeBase64 } from '../../api/meta/base64.ts';
import { CommandError, messageOf } from './errors.ts';
import type { Any } from './kubectl.ts';

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const clusterKinds = new Set(['Namespace', 'Node', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PersistentVolume', 'StorageClass', 'PriorityClass', 'IngressClass', 'RuntimeClass']);

export function buildKustomization(read: (path: string) => string | undefined, folder: string): Any[] {
  const root = folder.replace(/\/+$/, '');
  const text = fileNames.map((name) => read(`${root}/${name}`)).find((each) => each !== undefined);
  if (text === undefined) throw new CommandError(`unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${root}'`);
  let k: Any;
  try {
    k = parseYaml(text) ?? {};
  } catch (error) {
    throw new CommandError(`invalid Kustomization: ${messageOf(error)}`);
  }
  let objects: Any[] = [];
  for (const entry of [...(k.resources ?? []), ...(k.bases ?? [])]) {
    const path = join(root, String(entry));
    const content = read(path);
    if (content === undefined) objects.push(...buildKustomization(read, path));
    else for (const part of splitDocuments(content)) {
      const value = parseYaml(part.text);
      if (value !== null) objects.push(value);
    }
  }
  const renamed = new Map<string, string>();
  for (const generator of k.configMapGenerator ?? []) objects.push(generate('ConfigMap', generator, k.generatorOptions, root, read, renamed));
  for (const generator of k.secretGenerator ?? []) objects.push(generate('Secret', generator, k.generatorOptions, root, read, renamed));
  for (const patch of [...(k.patchesStrategicMerge ?? []).map((path: string) => ({ path })), ...(k.patches ?? [])]) {
    const source = patch.patch ?? read(join(root, String(patch.path)));
    if (source === undefined) throw new CommandError(`evalsymlink failure on '${String(patch.path)}' : no such file or directory`);
    objects = applyPatch(objects, parseYaml(source), patch.target);
  }
  return objects.map((object) => transform(object, k, renamed));
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

function generate(kind: string, generator: Any, options: Any, root: string, read: (path: string) => string | undefined, renamed: Map<string, string>): Any {
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
  const type = kind === 'Secret' ? { type: generator.type ?? 'Opaque' } : {};
  const name = plain ? generator.name : `${generator.name}-${generatedNameHash({ kind, metadata: { name: generator.name }, data, ...type })}`;
  if (!plain) renamed.set(`${kind}/${generator.name}`, name);
  return { apiVersion: 'v1', kind, metadata: { name, ...(generator.namespace === undefined ? {} : { namespace: generator.namespace }) }, ...type, data };
}

function applyPatch(objects: Any[], patch: Any, target: Any): Any[] {
  return objects.map((object) => {
    const wanted = target ?? { kind: patch.kind, name: patch.metadata?.name };
    if (wanted.kind !== undefined && wanted.kind !== object.kind) return object;
    if (wanted.name !== undefined && !new RegExp(`^${String(wanted.name)}$`).test(object.metadata?.name)) return object;
    return Array.isArray(patch) ? patch.reduce((current, operation) => jsonPatch(current, operation), object) : merge(object, patch);
  });
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

function transform(object: Any, k: Any, renamed: ReadonlyMap<string, string>): Any {
  let result = object;
  const metadata = (changes: Any): void => {
    result = { ...result, metadata: { ...result.metadata, ...changes } };
  };
  if (k.namespace !== undefined && !clusterKinds.has(result.kind)) metadata({ namespace: k.namespace });
  if (k.namePrefix !== undefined || k.nameSuffix !== undefined) metadata({ name: `${k.namePrefix ?? ''}${result.metadata?.name}${k.nameSuffix ?? ''}` });
  const labels: Any = { ...(k.commonLabels ?? {}) };
  const plainLabels: Any = {};
  for (const entry of k.labels ?? []) Object.assign(entry.includeSelectors === true ? labels : plainLabels, entry.pairs ?? {});
  if (Object.keys({ ...labels, ...plainLabels }).length > 0) metadata({ labels: { ...result.metadata?.labels, ...plainLabels, ...labels } });
  if (Object.keys(labels).length > 0 && result.spec !== undefined) {
    let spec = result.spec;
    if (spec.template !== undefined) spec = { ...spec, template: { ...spec.template, metadata: { ...spec.template.metadata, labels: { ...spec.template.metadata?.labels, ...labels } } } };
    if (result.kind === 'Service' && spec.selector !== undefined) spec = { ...spec, selector: { ...spec.selector, ...labels } };
    else if (spec.selector?.matchLabels !== undefined) spec = { ...spec, selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, ...labels } } };
    result = { ...result, spec };
  }
  if (k.commonAnnotations !== undefined) metadata({ annotations: { ...result.metadata?.annotations, ...k.commonAnnotations } });
  for (const entry of k.replicas ?? []) if (entry.name === object.metadata?.name && result.spec?.replicas !== undefined) result = { ...result, spec: { ...result.spec, replicas: entry.count } };
  return walk(result, '', k.images ?? [], renamed);
}

function walk(value: Any, key: string, images: readonly Any[], renamed: ReadonlyMap<string, string>): Any {
  if (Array.isArray(value)) return value.map((item) => walk(item, key, images, renamed));
  if (value !== null && typeof value === 'object') {
    const result: Any = {};
    for (const [name, inner] of Object.entries(value)) {
      const kind = /^configMap/.test(key) || name === 'configMapRef' ? 'ConfigMap' : /^secret/.test(key) ? 'Secret' : '';
      if (kind !== '' && (name === 'name' || name === 'secretName') && typeof inner === 'string') result[name] = renamed.get(`${kind}/${inner}`) ?? inner;
      else result[name] = walk(inner, name, images, renamed);
    }
    return result;
  }
  if (key === 'image' && typeof value === 'string') {
    const match = /^(.*?)(?::([^:/@]+))?(@sha256:.*)?$/.exec(value) as RegExpExecArray;
    const image = images.find((each) => each.name === match[1]);
    if (image === undefined) return value;
    const name = image.newName ?? match[1];
    if (image.digest !== undefined) return `${name}@${image.digest}`;
    const tag = image.newTag ?? match[2];
    return tag === undefined ? name : `${name}:${tag}`;
  }
  return value;
}

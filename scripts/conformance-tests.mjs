#!/usr/bin/env node
// Writes docs/conformance-tests.md: which of the 446 official conformance tests (../shared/reference/conformance-tests.yaml) are met, by sig, how that is known, and why the others are not.
//   node scripts/conformance-tests.mjs            writes the page
//   node scripts/conformance-tests.mjs --check    fails when the page is not what would be written
// What is known is here: the first rule whose pattern matches a test's name says what it needs; a need is run, believed to be met, or has a reason why it is not.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const source = '../shared/reference/conformance-tests.yaml';
const page = 'docs/conformance-tests.md';

/** Why a need is not met. A need that is absent here and in `runs` is believed to be met. */
const reasons = {};

/** Needs whose essence is run, and where. */
const runs = {
  'run-files': 'files.test.ts',
  'run-pods': 'pods.test.ts',
  'run-network': 'network.test.ts',
  'run-webhooks': 'webhooks.test.ts',
  'run-aggregator': 'aggregator.test.ts',
  'run-apps': 'apps.test.ts',
  'run-api': 'api.test.ts',
  'run-collector': 'garbage-collector.test.ts',
  'run-objects': 'api-objects.test.ts',
  'run-workloads': 'workloads.test.ts',
  'run-kinds': 'objects.test.ts',
  'run-scheduling': 'scheduling.test.ts',
  'run-door': '../../session/bridge/client-node.test.ts',
};
/** [pattern, need]: in order, the first match counts. */
const rules = [
  [/Garbage collector/, 'run-collector'],
  [/AdmissionWebhook .*discovery documents|FieldValidation|API chunking|Watchers|Table transformation|AggregatedDiscovery|Discovery should|server version|CustomResourceDefinition |CustomResourcePublishOpenAPI|Garbage collector|Namespaces|OrderedNamespaceDeletion|ResourceQuota/, 'run-api'],
  [/AdmissionWebhook|CustomResourceConversionWebhook|CustomResourceFieldSelectors/, 'run-webhooks'],
  [/Aggregator/, 'run-aggregator'],
  [/\[sig-api-machinery\]/, 'run-objects'],

  [/Job .*(successPolicy|backoffLimitPerIndex|maxFailedIndexes|FailIndex|tasks sometimes fail|on exit code)/, 'run-apps'],
  [/should serve a basic image on each replica/, 'run-apps'],
  [/StatefulSet .*(Burst scaling|predictable order|canary|rolling updates and roll backs)/, 'run-apps'],
  [/CronJob API operations/, 'run-kinds'],
  [/\[sig-apps\]/, 'run-workloads'],

  [/untainted nodes/, 'run-scheduling'],
  [/mount an API token into pods|mount projected service account token/, 'run-apps'],
  [/\[sig-auth\]/, 'run-objects'],

  [/Proxy server/, 'api'],
  [/Guestbook/, 'run-apps'],
  [/Kubectl logs|Update Demo/, 'run-apps'],
  [/\[sig-cli\]/, 'run-objects'],
  [/\[sig-instrumentation\]/, 'run-objects'],

  [/EndpointSlice .*API operations|Endpoints should test|Ingress(Class)? API|ServiceCIDR|secure master service|pointing to API Server|delete a collection of services/, 'run-kinds'],
  [/\[sig-network\]/, 'run-network'],

  [/InPlace Resize/, 'run-pods'],
  [/\[sig-node\] (ConfigMap|Secrets) should (be consumable)/, 'run-pods'],
  [/\[sig-node\] (ConfigMap|Secrets)/, 'run-kinds'],
  [/Lifecycle Hook|Container Runtime blackbox|Containers should|Downward API|Variable Expansion|KubeletManagedEtcHosts|hostAliases|environment variables for services/, 'run-pods'],
  [/possible to delete/, 'run-scheduling'],
  [/Kubelet when scheduling|InitContainer|Security Context|Sysctls|Probing container|PreStop|Ephemeral Containers .*start/, 'run-pods'],
  [/ImageVolume/, 'run-files'],
  [/RuntimeClass should support RuntimeClasses API|PodTemplates|Lease|DRA/, 'run-kinds'],
  [/over websockets/, 'run-door'],
  [/RuntimeClass|NoExecuteTaintManager|Pods |Node Lifecycle|Ephemeral Containers/, 'run-scheduling'],

  [/SchedulerP|LimitRange/, 'run-scheduling'],

  [/\[sig-storage\] (CSI|StorageClasses|VolumeAttach|VolumeAttributes|PersistentVolumes)|immutable/, 'run-kinds'],
  [/\[sig-storage\]/, 'run-files'],
];

if (!existsSync(source)) {
  console.log(`conformance tests: skipped, ${source} is not here`);
  process.exit(0);
}
const tests = parse(readFileSync(source, 'utf8')).map((test) => test.codename.replace(/\s*\[Conformance\]\s*/, ' ').replace(/\s+/g, ' ').trim());
const bySig = new Map();
for (const name of tests) {
  const sig = /^\[(sig-[a-z-]+)\]/.exec(name)?.[1] ?? 'other';
  const need = rules.find(([pattern]) => pattern.test(name))?.[1];
  if (need === undefined) throw new Error(`no rule for ${name}`);
  if (!bySig.has(sig)) bySig.set(sig, []);
  bySig.get(sig).push({ name: name.replace(/^\[sig-[a-z-]+\] /, ''), need });
}

const isRun = (test) => Object.hasOwn(runs, test.need);
const isMissing = (test) => Object.hasOwn(reasons, test.need);
const isBelieved = (test) => !isRun(test) && !isMissing(test);
const all = [...bySig.values()].flat();
const sigs = [...bySig].sort(([a], [b]) => (a < b ? -1 : 1));
const row = (name, list) => `| ${name} | ${list.length} | ${list.filter(isRun).length} | ${list.filter(isBelieved).length} | ${list.filter(isMissing).length} |\n`;
let text = `# The official conformance tests

Written by \`scripts/conformance-tests.mjs\`, which holds what is known; do not edit. **The suite of v1.36 itself has not been run by us; an older one has, see below.** Of the ${tests.length} tests of v1.36

- *run*: what the test does and expects was written down anew and is run by the tests in \`src/cluster/conformance/\`, on the presets \`default\` and \`conformance\` (\`api*.test.ts\` and \`objects.test.ts\` on the latter, \`workloads\` and \`scheduling\` on the former), with the suite's own images as
  programs of the simulation (agnhost, busybox, httpd, nautilus, jessie-dnsutils ...);
- *believed*: its description was read and held against what the programs here do: objects, verbs, controllers, the scheduler, pods that run;
- *not yet*: ${all.some(isMissing) ? 'needs what is named below' : 'none today'}.

Of the suite's images (\`src/programs/images/catalog.ts\`) every tag exists here, since which ones are asked for depends on the suite's version.

| sig | tests | run | believed | not yet |
|---|---|---|---|---|
`;
for (const [sig, list] of sigs) text += row(sig, list);
text += row('all', all);
const counted = Object.keys(reasons).map((need) => [need, all.filter((test) => test.need === need).length]).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
if (counted.length > 0) text += '\n## Not yet, and why\n\n| tests | what they need |\n|---|---|\n';
if (counted.length > 0) text += '\n## Not yet, and why\n\n| tests | what they need |\n|---|---|\n';
for (const [need, count] of counted) text += `| ${count} | ${reasons[need]} |\n`;
text += `
## An older suite, run

The suite of v1.20.2, built from its sources, was run against \`npm run serve\` (preset \`default\`, \`--speed 1\`, kubectl 1.36, bodies in protobuf): of its 311 conformance tests
305 pass. The other six ask for what v1.36 does not do any more:

| test of v1.20.2 | why it fails |
|---|---|
| ServiceAccounts should mount an API token into pods; should allow opting out of API token automount | wait for the Secret with a token that every ServiceAccount got until v1.24 |
| Kubectl version should check is all data is printed | kubectl prints its version in other words |
| Kubectl describe should check if kubectl describe prints relevant information for rc and pods | wants a node's Kube-Proxy Version, which is gone |
| CustomResourcePublishOpenAPI works for CRD with validation schema | wants the words of kubectl's validation, which the server does now |
| Daemon set should update pod when spec was updated and update strategy is RollingUpdate | compares a ControllerRevision byte for byte with what v1.20's types print |

Three things of the suite were changed: it does not wait for such a Secret in each new namespace, does not ask the internet for a page first, and takes its images from registry.k8s.io
by their names of today (\`KUBE_TEST_REPO_LIST\`). What it found was mended, and is held by tests of ours.
`;
const names = (list) => `${list.map((test) => `- ${test.name}`).sort().join('\n')}\n`;
for (const [sig, list] of sigs) {
  text += `\n## ${sig}\n`;
  for (const file of [...new Set(Object.values(runs))].sort()) {
    const here = list.filter((test) => runs[test.need] === file);
    if (here.length > 0) text += `\nRun, in \`${file}\`:\n\n${names(here)}`;
  }
  const believed = list.filter(isBelieved);
  if (believed.length > 0) text += `\nBelieved:\n\n${names(believed)}`;
  for (const [need] of counted) {
    const missing = list.filter((test) => test.need === need);
    if (missing.length > 0) text += `\nNot yet: ${reasons[need]}.\n\n${names(missing)}`;
  }
}

if (process.argv.includes('--check')) {
  const now = existsSync(page) ? readFileSync(page, 'utf8') : '';
  if (now !== text) {
    console.log(`${page} is not up to date: node scripts/conformance-tests.mjs`);
    process.exitCode = 1;
  }
} else writeFileSync(page, text);
console.log(`${tests.length} tests: ${all.filter(isRun).length} run in essence, ${all.filter(isBelieved).length} believed, ${all.filter(isMissing).length} not yet`);

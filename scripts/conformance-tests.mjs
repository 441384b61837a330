#!/usr/bin/env node
// Writes docs/conformance-tests.md: which of the 446 official conformance tests (../shared/reference/conformance-tests.yaml) are believed to be met, by sig, and why the others are not.
//   node scripts/conformance-tests.mjs            writes the page
//   node scripts/conformance-tests.mjs --check    fails when the page is not what would be written
// The beliefs are here: the first rule whose pattern matches a test's name says what it needs; a need is met, or has a reason why it is not.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const source = '../shared/reference/conformance-tests.yaml';
const page = 'docs/conformance-tests.md';

/** Why a need is not met. A need that is absent here is met. */
const reasons = {
  images: "needs what the test image (agnhost, mounttest, entrypoint-tester) prints or serves; here containers of the test images only idle",
  files: 'needs permission bits, owners, or tmpfs of files, which the simulated disk does not have (and the test image that prints them)',
  convert: 'needs conversion webhooks, and the test image that is one',
  webhook: 'needs the test image that is an admission webhook (webhooks themselves are called)',
  aggregator: 'needs an aggregated API server from an image (sample-apiserver)',
  indexed: 'needs success policies or per-index back-off limits of Jobs, which the Job controller does not do',
  resize: 'needs the kubelet to resize containers in place and to show it in the pod status and in cgroup files',
  kernel: 'needs Linux itself: users, capabilities, sysctls, seccomp',
  dns: 'needs cluster DNS and containers that ask it; the conformance preset has no add-ons',
  dataplane: 'needs traffic between real containers: the conformance preset has no network plugin and no kube-proxy',
  proxy: '`kubectl proxy` belongs to the kubectl under test, but what it asks for through the node or service proxy needs a serving container',
  imagevolume: 'needs volumes made of images',
  oidc: 'needs a container that checks the issuer with RS256 signatures; tokens here are signed with a simulated key',
  csi: 'needs CSI volumes in pods',
};

/** [pattern, need]: in order, the first match counts. */
const rules = [
  [/AdmissionWebhook .*(configuration|listing)/i, 'webhook'],
  [/AdmissionWebhook/, 'webhook'],
  [/Aggregator/, 'aggregator'],
  [/CustomResourceConversionWebhook/, 'convert'],
  [/CustomResource|AggregatedDiscovery .*(CRD|custom)|FieldValidation .*\bCR\b|Garbage collector should support cascading deletion of custom|Servers with support for Table transformation .*CRD/i, 'crd'],
  [/(Validating|Mutating)AdmissionPolicy .*(API operations)/, 'api'],
  [/(Validating|Mutating)AdmissionPolicy/, 'policy'],
  [/\[sig-api-machinery\]/, 'api'],

  [/Job .*(successPolicy|backoffLimitPerIndex|maxFailedIndexes|FailIndex)/, 'indexed'],
  [/Job .*(tasks sometimes fail|on exit code)/, 'images'],
  [/should serve a basic image on each replica/, 'images'],
  [/StatefulSet .*(Burst scaling|predictable order|canary|rolling updates and roll backs)/, 'images'],
  [/\[sig-apps\]/, 'idle'],

  [/untainted nodes/, 'api'],
  [/ServiceAccountIssuerDiscovery/, 'oidc'],
  [/mount an API token into pods|mount projected service account token/, 'images'],
  [/\[sig-auth\]/, 'api'],

  [/Proxy server|Guestbook/, 'proxy'],
  [/Kubectl logs|Update Demo/, 'images'],
  [/\[sig-cli\]/, 'idle'],
  [/\[sig-instrumentation\]/, 'api'],

  [/\[sig-network\] DNS/, 'dns'],
  [/EndpointSlice .*(API operations|pointing)|EndpointSlice should (create|support creating)|EndpointSliceMirroring|Endpoints should|EndpointsController|Ingress(Class)? API|ServiceCIDR|secure master service|Endpoints and EndpointSlices pointing/, 'idle'],
  [/Services should (complete a service status|delete a collection|find a service)/, 'api'],
  [/Services should (serve|be able to change the type from ExternalName to ClusterIP)/, 'dataplane'],
  [/EndpointSlice should support a Service/, 'dataplane'],
  [/Service endpoints latency/, 'idle'],
  [/Proxy version v1/, 'images'],
  [/\[sig-network\]/, 'dataplane'],

  [/InPlace Resize/, 'resize'],
  [/\[sig-node\] (ConfigMap|Secrets) should (be consumable)/, 'images'],
  [/\[sig-node\] (ConfigMap|Secrets)/, 'api'],
  [/Lifecycle Hook|Container Runtime blackbox|Containers should|Downward API|Variable Expansion|KubeletManagedEtcHosts|hostAliases|environment variables for services/, 'images'],
  [/Kubelet when scheduling a busybox command that always fails .*deleted?|possible to delete/, 'idle'],
  [/Kubelet when scheduling/, 'images'],
  [/InitContainer/, 'images'],
  [/ImageVolume/, 'imagevolume'],
  [/RuntimeClass should support RuntimeClasses API/, 'api'],
  [/RuntimeClass/, 'runtimeclass'],
  [/Security Context|Sysctls/, 'kernel'],
  [/Probing container|PreStop|over websockets|Ephemeral Containers .*start/, 'images'],
  [/NoExecuteTaintManager|Pods |PodTemplates|Lease|Node Lifecycle|Ephemeral Containers|DRA/, 'idle'],

  [/SchedulerPredicates .*0\.0\.0\.0|SchedulerP|LimitRange/, 'idle'],

  [/CSIInlineVolumes should support CSIVolumeSource/, 'api'],
  [/\[sig-storage\] (CSI|StorageClasses|VolumeAttach|VolumeAttributes|PersistentVolumes)/, 'api'],
  [/immutable/, 'api'],
  [/EmptyDir wrapper volumes should not (conflict|cause race)/, 'idle'],
  [/EmptyDir volumes pod should support shared/, 'images'],
  [/EmptyDir|[mM]ode set|DefaultMode|mode on item|fsGroup|non-root/, 'files'],
  [/\[sig-storage\]/, 'images'],
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

const isMet = (test) => !Object.hasOwn(reasons, test.need);
const all = [...bySig.values()].flat();
let text = `# The official conformance tests

Written by \`scripts/conformance-tests.mjs\`, which holds the beliefs; do not edit. **No test of the suite was run**: for each of the ${tests.length} tests of v1.36 its description was
read and held against what the programs here do, with \`npm run serve -- --preset conformance\` as the cluster (every image exists there, and its container idles). A test
counts as believed when it needs only objects, verbs, controllers, the scheduler and pods that run; it does not when it needs what is named below.

| sig | tests | believed met | not yet |
|---|---|---|---|
`;
for (const [sig, list] of [...bySig].sort(([a], [b]) => (a < b ? -1 : 1))) text += `| ${sig} | ${list.length} | ${list.filter(isMet).length} | ${list.filter((test) => !isMet(test)).length} |\n`;
text += `| all | ${all.length} | ${all.filter(isMet).length} | ${all.filter((test) => !isMet(test)).length} |\n\n## Not yet, and why\n\n| tests | what they need |\n|---|---|\n`;
const counted = Object.keys(reasons).map((need) => [need, all.filter((test) => test.need === need).length]).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
for (const [need, count] of counted) text += `| ${count} | ${reasons[need]} |\n`;
for (const [sig, list] of [...bySig].sort(([a], [b]) => (a < b ? -1 : 1))) {
  text += `\n## ${sig}\n`;
  const met = list.filter(isMet);
  if (met.length > 0) text += `\nBelieved met:\n\n${met.map((test) => `- ${test.name}`).sort().join('\n')}\n`;
  for (const [need] of counted) {
    const missing = list.filter((test) => test.need === need);
    if (missing.length > 0) text += `\nNot yet: ${reasons[need]}.\n\n${missing.map((test) => `- ${test.name}`).sort().join('\n')}\n`;
  }
}

if (process.argv.includes('--check')) {
  const now = existsSync(page) ? readFileSync(page, 'utf8') : '';
  if (now !== text) {
    console.log(`${page} is not up to date: node scripts/conformance-tests.mjs`);
    process.exitCode = 1;
  }
} else writeFileSync(page, text);
console.log(`${tests.length} tests: ${all.filter(isMet).length} believed met`);

// kubeadm certs check-expiration | renew NAME|all | certificate-key
import { civilTime } from '../../../api/meta/time.ts';
import { readKubeconfig } from '../../../client/kubeconfig.ts';
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { decodeCertificates } from '../../../wire/tls-handshake.ts';
import type { Certificate } from '../../../wire/tls.ts';
import { readPlan } from '../cluster-plan-source.ts';
import { authoritySpecs, certificateSpecs, issueLeaf, kubeconfigFor, kubeconfigSpecs, kubernetesFolder, pairFiles, pkiFolder, type AuthorityName, type Signer } from '../certificates.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { Failure, type Context } from '../context.ts';
import { loadSigner } from '../signer.ts';

interface Entry {
  readonly name: string;
  readonly authority: AuthorityName;
  readonly certificate: Certificate | undefined;
}

function readCertificate(context: Context, path: string): Certificate | undefined {
  return decodeCertificates(context.host.disk.readText(path) ?? '')[0];
}

function readClient(context: Context, file: string): Certificate | undefined {
  const path = `${kubernetesFolder}/${file}`;
  const text = context.host.disk.readText(path);
  if (text === undefined) return undefined;
  try {
    return readKubeconfig(text, (each) => context.host.disk.readText(each), path).tls.own?.certificate;
  } catch {
    return undefined;
  }
}

function entries(context: Context): readonly Entry[] {
  const conf = (file: string): Entry => ({ name: file, authority: 'ca', certificate: readClient(context, file) });
  const leaf = certificateSpecs.map((spec): Entry => ({ name: spec.name, authority: spec.authority, certificate: readCertificate(context, `${pkiFolder}/${spec.file}.crt`) }));
  const all = [...kubeconfigSpecs.map(({ file }) => conf(file)), ...leaf];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

function expires(ms: number): string {
  const { year, month, day, hour, minute } = civilTime(ms);
  return `${months[month - 1] ?? ''} ${two(day)}, ${year} ${two(hour)}:${two(minute)} UTC`;
}

/** As duration.ShortHumanDuration: the largest unit only. */
export function residual(leftMs: number): string {
  const seconds = Math.floor(leftMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  const days = Math.floor(seconds / 86_400);
  return days < 365 ? `${days}d` : `${Math.floor(days / 365)}y`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ').trimEnd()}\n`).join('');
}

export function* checkExpiration(context: Context): Task<ExitCode> {
  const nowMs = context.host.clock.wallMs();
  const cells = (certificate: Certificate): string[] => [expires(certificate.notAfterMs), residual(certificate.notAfterMs - nowMs)];
  const leaves = entries(context).map(({ name, authority, certificate }) => (certificate === undefined ? [`!MISSING! ${name}`, '', '', '', ''] : [name, ...cells(certificate), authority, 'no']));
  const authorities = authoritySpecs.map((spec) => {
    const certificate = readCertificate(context, `${pkiFolder}/${spec.file}.crt`);
    return certificate === undefined ? [`!MISSING! ${spec.name}`, '', '', ''] : [spec.name, ...cells(certificate), context.exists(`${pkiFolder}/${spec.file}.key`) ? 'no' : 'yes'];
  });
  if (authorities.every(([name]) => name?.startsWith('!MISSING!'))) throw new Failure(`open ${pkiFolder}/ca.crt: no such file or directory`);
  context.host.output.write(table([['CERTIFICATE', 'EXPIRES', 'RESIDUAL TIME', 'CERTIFICATE AUTHORITY', 'EXTERNALLY MANAGED'], ...leaves]));
  context.host.output.write(`\n${table([['CERTIFICATE AUTHORITY', 'EXPIRES', 'RESIDUAL TIME', 'EXTERNALLY MANAGED'], ...authorities])}`);
  return 0;
}

const described: Readonly<Record<string, string>> = {
  'admin.conf': 'certificate embedded in the kubeconfig file for the admin to use and for kubeadm itself',
  'super-admin.conf': 'certificate embedded in the kubeconfig file for the super-admin',
  'controller-manager.conf': 'certificate embedded in the kubeconfig file for the controller manager to use',
  'scheduler.conf': 'certificate embedded in the kubeconfig file for the scheduler manager to use',
  apiserver: 'certificate for serving the Kubernetes API',
  'apiserver-etcd-client': 'certificate the apiserver uses to access etcd',
  'apiserver-kubelet-client': 'certificate for the API server to connect to kubelet',
  'etcd-healthcheck-client': 'certificate for liveness probes to healthcheck etcd',
  'etcd-peer': 'certificate for etcd nodes to communicate with each other',
  'etcd-server': 'certificate for serving etcd',
  'front-proxy-client': 'certificate for the front proxy client',
};

export function* renew(context: Context): Task<ExitCode> {
  const [wanted] = context.args;
  const known = entries(context);
  if (wanted === undefined) throw new Failure('missing subcommand; "renew" is not meant to be run on its own');
  if (wanted !== 'all' && !known.some((each) => each.name === wanted)) throw new Failure(`unknown command "${wanted}" for "kubeadm certs renew"`);
  const plan = yield* readPlan(context);
  const signer = loadSigner(context);
  for (const { name, certificate } of known) {
    if (wanted !== 'all' && wanted !== name) continue;
    const what = described[name] ?? name;
    if (certificate === undefined) {
      if (wanted !== 'all') throw new Failure(`failed to renew certificate ${name}: unable to load it from this machine`);
      context.say(`MISSING! ${what}`);
      continue;
    }
    yield* replace(context, plan, signer, name, certificate);
    context.say(`${what} renewed`);
  }
  context.say('\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.');
  return 0;
}

/** Renews one by its name, if this machine has it. */
export function* renewCertificate(context: Context, plan: ClusterPlan, signer: Signer, name: string): Task<void> {
  const old = entries(context).find((each) => each.name === name)?.certificate;
  if (old !== undefined) yield* replace(context, plan, signer, name, old);
}

/** As kubeadm: what the old one says is what the new one says, not what the configuration would say today. */
function* replace(context: Context, plan: ClusterPlan, signer: Signer, name: string, old: Certificate): Task<void> {
  const { commonName, organizations } = old.subject;
  const { usages, dnsNames, ipAddresses } = old;
  const spec = certificateSpecs.find((each) => each.name === name);
  const conf = kubeconfigSpecs.find((each) => each.file === name);
  if (spec !== undefined) yield* context.write(pairFiles(spec.file, issueLeaf(signer, spec.authority, { commonName, organizations, usages, dnsNames, ipAddresses })));
  else if (conf !== undefined) yield* context.write({ [`${kubernetesFolder}/${name}`]: kubeconfigFor(signer, plan, context.machine, { ...conf, user: commonName, organizations }) });
}

export function* certificateKey(context: Context): Task<ExitCode> {
  context.say(context.host.random.hex(64));
  return 0;
}

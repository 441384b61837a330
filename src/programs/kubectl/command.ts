// What a command of kubectl is, and the flags that many of them share.
import type { ExitCode } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { flag } from './flags.ts';
import type { FlagSpec, ParsedFlags } from './flags.ts';
import type { Kubectl } from './kubectl.ts';

export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** After `kubectl `, as the Usage line shows it. */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  readonly examples?: string;
  readonly flags?: readonly FlagSpec[];
  readonly commands?: readonly Command[];
  /** Everything after the first argument belongs to somebody else (exec). */
  readonly interspersed?: boolean;
  readonly hidden?: boolean;
  /** A parent that shows its help when called alone, and is content with that or `refuses` all the same; others complain with it. */
  readonly helps?: true | 'refuses';
  run?(k: Kubectl, flags: ParsedFlags): Task<ExitCode | void>;
}

export const outputFlags: readonly FlagSpec[] = [
  flag.string('output', 'Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).', { short: 'o' }),
  flag.string('template', 'Template string or path to template file to use when -o=go-template, -o=go-template-file.'),
  flag.bool('allow-missing-template-keys', 'If true, ignore errors in templates when a field or map key is missing.', { value: 'true' }),
  flag.bool('show-managed-fields', 'If true, keep the managedFields when printing objects in JSON or YAML format.'),
];

export const fileFlags: readonly FlagSpec[] = [
  flag.strings('filename', 'Filename, directory, or URL to files that contain the resources.', { short: 'f' }),
  flag.string('kustomize', "Process the kustomization directory. This flag can't be used together with -f or -R.", { short: 'k' }),
  flag.bool('recursive', 'Process the directory used in -f, --filename recursively.', { short: 'R' }),
];

export const dryRunFlag = flag.string('dry-run', 'Must be "none", "server", or "client".', { value: 'none', bare: 'unchanged' });
export const selectorFlag = flag.string('selector', "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.", { short: 'l' });
export const fieldSelectorFlag = flag.string('field-selector', "Selector (field query) to filter on, supports '=', '==', and '!='.");
export const allNamespacesFlag = flag.bool('all-namespaces', 'If present, list the requested object(s) across all namespaces.', { short: 'A' });
export const fieldManagerFlag = (value: string): FlagSpec => flag.string('field-manager', 'Name of the manager used to track field ownership.', { value });
export const validateFlag = flag.string('validate', 'Must be one of: strict (or true), warn, ignore (or false).', { value: 'strict', bare: 'strict' });
export const saveConfigFlag = flag.bool('save-config', 'If true, the configuration of current object will be saved in its annotation.');
export const recordFlag = flag.bool('record', 'Record current kubectl command in the resource annotation.', { deprecated: '--record will be removed in the future' });
export const containerFlag = flag.string('container', 'Container name.', { short: 'c' });
export const podTimeoutFlag = flag.duration('pod-running-timeout', 'The length of time to wait until at least one pod is running.', { value: '1m0s' });

export const globalFlags: readonly FlagSpec[] = [
  flag.string('as', 'Username to impersonate for the operation.'),
  flag.array('as-group', 'Group to impersonate for the operation, this flag can be repeated.'),
  flag.string('as-uid', 'UID to impersonate for the operation.'),
  flag.array('as-user-extra', 'User extras to impersonate for the operation.'),
  flag.string('cache-dir', 'Default cache directory'),
  flag.string('certificate-authority', 'Path to a cert file for the certificate authority'),
  flag.string('client-certificate', 'Path to a client certificate file for TLS'),
  flag.string('client-key', 'Path to a client key file for TLS'),
  flag.string('cluster', 'The name of the kubeconfig cluster to use'),
  flag.string('context', 'The name of the kubeconfig context to use'),
  flag.bool('disable-compression', 'If true, opt-out of response compression for all requests to the server'),
  flag.bool('insecure-skip-tls-verify', "If true, the server's certificate will not be checked for validity."),
  flag.string('kubeconfig', 'Path to the kubeconfig file to use for CLI requests.'),
  flag.string('kuberc', 'Path to the kuberc file to use for preferences.'),
  flag.duration('log-flush-frequency', 'Maximum number of seconds between log flushes', { value: '5s' }),
  flag.bool('match-server-version', 'Require server version to match client version'),
  flag.string('namespace', 'If present, the namespace scope for this CLI request', { short: 'n' }),
  flag.string('password', 'Password for basic authentication to the API server'),
  flag.string('profile', 'Name of profile to capture.', { value: 'none' }),
  flag.string('profile-output', 'Name of the file to write the profile to', { value: 'profile.pprof' }),
  flag.string('request-timeout', 'The length of time to wait before giving up on a single server request.', { value: '0' }),
  flag.string('server', 'The address and port of the Kubernetes API server', { short: 's' }),
  flag.string('tls-server-name', 'Server name to use for server certificate validation.'),
  flag.string('token', 'Bearer token for authentication to the API server'),
  flag.string('user', 'The name of the kubeconfig user to use'),
  flag.string('username', 'Username for basic authentication to the API server'),
  flag.int('v', 'number for the log level verbosity', { short: 'v', value: '0' }),
  flag.string('vmodule', 'comma-separated list of pattern=N settings for file-filtered logging'),
  flag.bool('warnings-as-errors', 'Treat warnings received from the server as errors and exit with a non-zero exit code'),
];

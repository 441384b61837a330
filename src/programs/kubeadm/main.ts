// kubeadm: a cluster's life cycle as commands on its machines.
import { isApiError } from '../../client/api-error.ts';
import type { ExitCode, PrivilegedHost, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { certificateKey, checkExpiration, renew } from './commands/certs.ts';
import { init } from './commands/init.ts';
import { join } from './commands/join.ts';
import { reset } from './commands/reset.ts';
import { imagesList, imagesPull, kubeconfigUser, printConfig, version } from './commands/small-commands.ts';
import { tokenCreate, tokenDelete, tokenGenerate, tokenList } from './commands/token.ts';
import { upgradeApply, upgradeNode } from './commands/upgrade.ts';
import { upgradePlan } from './commands/upgrade-plan.ts';
import { uploadCertsPhase } from './commands/upload-certs.ts';
import { Context, Failure } from './context.ts';

interface Command {
  readonly words: string;
  readonly help: string;
  readonly run: (context: Context) => Task<ExitCode>;
}

const commands: readonly Command[] = [
  { words: 'init phase upload-certs', help: 'Upload the certificates that control planes share, for two hours', run: uploadCertsPhase },
  { words: 'init', help: 'Make this machine the first control plane of a new cluster', run: init },
  { words: 'join', help: 'Join this machine to a cluster', run: join },
  { words: 'reset', help: 'Undo what init or join did to this machine', run: reset },
  { words: 'token create', help: 'Make a bootstrap token', run: tokenCreate },
  { words: 'token list', help: 'List bootstrap tokens', run: tokenList },
  { words: 'token delete', help: 'Delete bootstrap tokens', run: tokenDelete },
  { words: 'token generate', help: 'Print a random bootstrap token', run: tokenGenerate },
  { words: 'certs check-expiration', help: 'Tell when certificates expire', run: checkExpiration },
  { words: 'certs renew', help: 'Renew one certificate, or all', run: renew },
  { words: 'certs certificate-key', help: 'Print a random key for --upload-certs', run: certificateKey },
  { words: 'config images list', help: 'List the images that kubeadm uses', run: imagesList },
  { words: 'config images pull', help: 'Pull the images that kubeadm uses', run: imagesPull },
  { words: 'config print', help: 'Print the ClusterConfiguration of the cluster', run: printConfig },
  { words: 'kubeconfig user', help: 'Print a kubeconfig for another user', run: kubeconfigUser },
  { words: 'upgrade plan', help: 'Tell which version the cluster can be upgraded to', run: upgradePlan },
  { words: 'upgrade apply', help: 'Upgrade the cluster, beginning with this control plane', run: upgradeApply },
  { words: 'upgrade node', help: 'Upgrade this machine of a cluster that is being upgraded', run: upgradeNode },
  { words: 'version', help: 'Print the version', run: version },
];

const usage = `kubeadm: easily bootstrap a secure Kubernetes cluster

Usage:
  kubeadm [command]

Available Commands:
${[...commands].sort((a, b) => (a.words < b.words ? -1 : 1)).map(({ words, help }) => `  ${words.padEnd(26)} ${help}`).join('\n')}
`;

export const kubeadm: Program = {
  name: 'kubeadm',
  *main(host, args) {
    const words = args.filter((arg) => !arg.startsWith('-'));
    if (words.length === 0 || words[0] === 'help') {
      host.output.write(usage);
      return 0;
    }
    const command = commands.find((each) => each.words.split(' ').every((word, i) => words[i] === word));
    if (command === undefined) {
      host.output.error(`error: unknown command "${words[0] ?? ''}" for "kubeadm"\nTo see the stack trace of this error execute with --v=5 or higher\n`);
      return 1;
    }
    try {
      return yield* command.run(new Context(host as PrivilegedHost, args, command.words.split(' ').length));
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof NetworkError) && !isApiError(error)) throw error;
      host.output.error(`${/^(error|\[)/.test(error.message) ? '' : 'error: '}${error.message}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
      return error instanceof Failure ? error.exitCode : 1;
    }
  },
};

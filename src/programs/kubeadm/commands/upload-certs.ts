// kubeadm init phase upload-certs --upload-certs
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { Context } from '../context.ts';
import { uploadCertificates } from '../shared-certificates.ts';

export function* uploadCertsPhase(context: Context): Task<ExitCode> {
  if (!context.flags.bool('upload-certs')) {
    context.say('[upload-certs] Skipping phase. Please see --upload-certs');
    return 0;
  }
  yield* uploadCertificates(context, context.api(), context.flags.get('certificate-key') ?? context.host.random.hex(64));
  return 0;
}

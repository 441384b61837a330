// kubectl create -f, and its subcommands.
import { dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, recordFlag, saveConfigFlag, selectorFlag, validateFlag } from '../../command.ts';
import type { Command } from '../../command.ts';
import { dryRunOf, dryRunSuffix, fieldValidation, filesGiven, readFiles, validationOf } from '../../builder.ts';
import { addSource, CommandError, throwAll, usageError } from '../../errors.ts';
import { flag } from '../../flags.ts';
import type { Any } from '../../kubectl.ts';
import { ResultPrinter } from '../../printers/print-object.ts';
import { bySelector } from '../apply.ts';
import { createConfigMap, createSecret } from './config-data.ts';
import { unborn, withLastApplied } from './create-object.ts';
import { createIngress, createServiceCommand } from './network.ts';
import { createClusterRole, createClusterRoleBinding, createRole, createRoleBinding } from './rbac.ts';
import { createNamespace, createPdb, createPriorityClass, createQuota, createServiceAccount, createToken } from './simple.ts';
import { createCronJob, createDeployment, createJob } from './workloads.ts';
import { editBeforeCreate } from '../edit.ts';
import { sendRaw } from '../patch.ts';

export const createCommand: Command = {
  name: 'create',
  use: 'create -f FILENAME [options]',
  short: 'Create a resource from a file or from stdin',
  long: 'Create a resource from a file or from stdin.\n\n JSON and YAML formats are accepted.',
  examples: '  # Create what a file declares\n  kubectl create -f web.yaml\n\n  # ... or standard input\n  cat web.yaml | kubectl create -f -',
  flags: [recordFlag, ...outputFlags, ...fileFlags, dryRunFlag, saveConfigFlag, selectorFlag, validateFlag, fieldManagerFlag('kubectl-create'), flag.bool('edit', 'Edit the API resource before creating'), flag.string('raw', 'Raw URI to POST to the server.')],
  commands: [createClusterRole, createClusterRoleBinding, createConfigMap, createCronJob, createDeployment, createIngress, createJob, createNamespace, createPdb, createPriorityClass, createQuota, createRole, createRoleBinding, createSecret, createServiceCommand, createServiceAccount, createToken],
  *run(k, flags) {
    if (flags.args.length > 0) throw usageError('kubectl create', `Unexpected args: [${flags.args.join(' ')}]`);
    if (!filesGiven(k)) throw new CommandError('must specify one of -f and -k');
    if (flags.string('raw') !== '') for (const other of ['edit', 'recursive', 'selector', 'output']) if (flags.changed(other)) throw new CommandError(`--raw and --${other}${other === 'selector' ? ' (-l)' : ''} are mutually exclusive`);
    if (flags.string('raw') !== '') return yield* sendRaw(k, 'POST', flags.string('raw'));
    const dryRun = dryRunOf(k);
    const validate = validationOf(k);
    const printer = new ResultPrinter(k);
    const { infos: read, errors } = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive'), validate });
    const infos = bySelector(read, flags.string('selector'));
    for (const info of infos) {
      try {
        const wanted = flags.bool('edit') ? yield* editBeforeCreate(k, info.object) : info.object;
        if (wanted === undefined) continue;
        let object: Any = k.recorded(flags.bool('save-config') ? withLastApplied(wanted) : wanted);
        if (dryRun !== 'client') {
          object = yield* k.call('POST', k.path(info.mapping, info.namespace), {
            body: unborn(object),
            query: { fieldManager: flags.string('field-manager'), fieldValidation: fieldValidation(validate), dryRun: dryRun === 'server' ? 'All' : undefined },
          });
        }
        printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...object }, `created${dryRunSuffix(dryRun)}`);
      } catch (error) {
        errors.push(addSource('creating', info.source, error));
      }
    }
    throwAll(errors);
    if (infos.length === 0) throw new CommandError('no objects passed to create');
  },
};

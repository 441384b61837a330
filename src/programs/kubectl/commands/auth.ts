// kubectl auth can-i | whoami, and kubectl certificate.
import type { Task } from '../../../kernel/task.ts';
import { formatTime } from '../../../api/meta/time.ts';
import { allNamespacesFlag, fileFlags, outputFlags } from '../command.ts';
import type { Command } from '../command.ts';
import { CommandError, NoResourceMatch, SilentExit } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJsonIndent } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { reconcileCommand } from './reconcile.ts';
import { objectPrinter, ResultPrinter } from '../printers/print-object.ts';
import { TabWriter, tableOptions } from '../printers/tab-writer.ts';
import { fetchTargets } from './act.ts';

const knownVerbs = new Set('get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest'.split(' '));

const nonResourceVerbs = new Set(['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*']);

const canI: Command = {
  name: 'can-i',
  use: 'auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]',
  short: 'Check whether an action is allowed',
  examples: '  # May I create pods?\n  kubectl auth can-i create pods\n\n  # May somebody else?\n  kubectl auth can-i list secrets --as=jane',
  flags: [allNamespacesFlag, flag.bool('list', 'If true, prints all allowed actions.'), flag.bool('no-headers', 'If true, prints allowed actions without headers'), flag.bool('quiet', 'If true, suppress output and just return the exit code.', { short: 'q' }), flag.string('subresource', 'SubResource such as pod/log or deployment/scale')],
  *run(k, flags) {
    if (flags.bool('list') && flags.args.length > 0) throw new CommandError('list option must be specified with no arguments');
    if (flags.bool('list') && (flags.bool('quiet') || flags.bool('all-namespaces') || flags.string('subresource') !== '')) throw new CommandError("list option can't be specified with neither quiet, all-namespaces nor subresource options");
    if (flags.bool('list')) return yield* listRules(k);
    if (flags.args.length !== 2) throw new CommandError("you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.");
    const [verb = '', what = ''] = flags.args;
    if (!(what.startsWith('/') ? nonResourceVerbs : knownVerbs).has(verb)) k.warn(`verb '${verb}' is not a known verb\n\n`);
    let attributes: Any;
    if (what.startsWith('/') && flags.string('subresource') !== '') throw new CommandError('--subresource can not be used with NonResourceURL');
    if (what.startsWith('/')) attributes = { nonResourceAttributes: { path: what, verb } };
    else {
      const slash = what.indexOf('/');
      const type = slash < 0 ? what : what.slice(0, slash);
      const name = slash < 0 ? '' : what.slice(slash + 1);
      let group = '';
      let resource = type;
      let namespaced = true;
      if (type === '*') group = '*';
      else {
        try {
          const mapping = yield* k.discovery.find(type);
          group = mapping.group;
          resource = mapping.resource;
          namespaced = mapping.namespaced;
        } catch (error) {
          if (!(error instanceof NoResourceMatch)) throw error;
          k.warn(`the server doesn't have a resource type '${type}'`);
          const [first = '', ...rest] = type.split('.');
          resource = first;
          group = rest.join('.');
        }
        if (!namespaced && !flags.bool('all-namespaces')) k.warn(`resource '${resource}' is not namespace scoped${group === '' ? '' : ` in group '${group}'`}\n\n`);
      }
      attributes = { resourceAttributes: { namespace: flags.bool('all-namespaces') ? '' : k.namespace, verb, group, resource, ...(flags.string('subresource') === '' ? {} : { subresource: flags.string('subresource') }), ...(name === '' ? {} : { name }) } };
    }
    if (flags.bool('no-headers')) throw new CommandError('--no-headers cannot be set without --list specified');
    const review: Any = yield* k.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: attributes } });
    const status = review.status ?? {};
    let text = status.allowed === true ? 'yes' : 'no';
    if (status.allowed !== true) {
      if ((status.reason ?? '') !== '') text += ` - ${status.reason}`;
      if ((status.evaluationError ?? '') !== '') text += ` - ${status.evaluationError}`;
    }
    if (!flags.bool('quiet')) k.line(text);
    if (status.allowed !== true) throw new SilentExit(1);
  },
};

function* listRules(k: Kubectl): Task<void> {
  const review: Any = yield* k.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', metadata: {}, spec: { namespace: k.namespace } } });
  const writer = new TabWriter(tableOptions);
  if (!k.flags.bool('no-headers')) writer.write('Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
  const rows: { key: string; text: string }[] = [];
  for (const rule of review.status?.resourceRules ?? []) {
    const verbs = rule.verbs.join(' ');
    for (const resource of rule.resources ?? []) {
      for (const group of rule.apiGroups ?? ['']) {
        const [kind = '', ...sub] = String(resource).split('/');
        const shown = group === '' ? resource : [`${kind}.${group}`, ...sub].join('/');
        const text = `${shown}\t[]\t[${(rule.resourceNames ?? []).join(' ')}]\t[${verbs}]\n`;
        if (rows.some((row) => row.text === text)) continue;
        rows.push({ key: `Verbs:[${verbs}],APIGroups:[${group}],Resources:[${resource}]`, text });
      }
    }
  }
  for (const rule of review.status?.nonResourceRules ?? []) for (const url of rule.nonResourceURLs ?? []) rows.push({ key: `Verbs:[${rule.verbs.join(' ')}],APIGroups:[],Resources:[],URLs:[${url}]`, text: `\t[${url}]\t[]\t[${rule.verbs.join(' ')}]\n` });
  rows.sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0));
  for (const { text } of rows) writer.write(text);
  k.out(writer.flush());
}

const whoami: Command = {
  name: 'whoami',
  use: 'auth whoami [options]',
  short: 'Experimental: Check self subject attributes',
  flags: outputFlags,
  *run(k) {
    const review: Any = yield* k.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} } });
    const printer = objectPrinter(k);
    if (printer !== undefined) {
      const { username, uid, groups, extra } = review.status?.userInfo ?? {};
      const whole = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: review.metadata ?? {}, status: { userInfo: { username, uid, groups, extra } } };
      k.out(k.flags.string('output') === 'json' ? `${goJsonIndent(whole, false)}\n` : printer(whole));
      return;
    }
    const user = review.status?.userInfo ?? {};
    const writer = new TabWriter(tableOptions);
    writer.write('ATTRIBUTE\tVALUE\n');
    if (user.username !== undefined) writer.write(`Username\t${user.username}\n`);
    if (user.uid !== undefined) writer.write(`UID\t${user.uid}\n`);
    if ((user.groups ?? []).length > 0) writer.write(`Groups\t[${user.groups.join(' ')}]\n`);
    for (const key of Object.keys(user.extra ?? {}).sort()) writer.write(`Extra: ${key}\t[${user.extra[key].join(' ')}]\n`);
    k.out(writer.flush());
  },
};

export const authCommand: Command = { name: 'auth', use: 'auth [flags] [options]', short: 'Inspect authorization', commands: [canI, reconcileCommand, whoami] };

function decide(name: 'approve' | 'deny', done: string, short: string): Command {
  return {
    name,
    use: `certificate ${name} (-f FILENAME | NAME) [options]`,
    short,
    flags: [...fileFlags, ...outputFlags, flag.bool('force', 'Update the CSR even if it is already approved.')],
    *run(k, flags) {
      if (flags.args.length === 0 && flags.list('filename').length === 0) throw new CommandError(`one or more CSRs must be specified as <name> or -f <filename>`);
      const printer = new ResultPrinter(k);
      const { infos } = yield* fetchTargets(k, ['certificatesigningrequests.certificates.k8s.io', ...flags.args]);
      for (const info of infos) {
        const type = name === 'approve' ? 'Approved' : 'Denied';
        const conditions: Any[] = info.object.status?.conditions ?? [];
        let answer: Any = info.object;
        if (!conditions.some((each) => each.type === type) || flags.bool('force')) {
          const now = formatTime(k.nowMs());
          const condition = { type, status: 'True', reason: name === 'approve' ? 'KubectlApprove' : 'KubectlDeny', message: `This CSR was ${name === 'approve' ? 'approved' : 'denied'} by kubectl certificate ${name}.`, lastUpdateTime: now, lastTransitionTime: now };
          answer = yield* k.call('PUT', k.path(info.mapping, '', info.name, 'approval'), { body: { ...info.object, status: { ...info.object.status, conditions: [...conditions, condition] } } });
        }
        printer.print({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', ...answer }, done);
      }
    },
  };
}

export const certificateCommand: Command = { name: 'certificate', helps: true, use: 'certificate SUBCOMMAND [options]', short: 'Modify certificate resources', commands: [decide('approve', 'approved', 'Approve a certificate signing request'), decide('deny', 'denied', 'Deny a certificate signing request')] };


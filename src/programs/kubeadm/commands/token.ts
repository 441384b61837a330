// kubeadm token create | list | delete | generate
import { isAlreadyExists, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import { loadCertificates } from '../../../wire/tls-handshake.ts';
import { authorityPin } from '../../../wire/bootstrap-signature.ts';
import { formatTime } from '../../../api/meta/time.ts';
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { generateToken, isToken, listTokens, nodeTokenGroup, secretsRef, tokenSecret, type BootstrapToken } from '../bootstrap-tokens.ts';
import { pkiFolder } from '../certificates.ts';
import { fetchPlan } from '../cluster-plan-source.ts';
import { Failure, type Context } from '../context.ts';
import { residual } from './certs.ts';

const dayMs = 86_400_000;

export function* createToken(context: Context, api: ApiClient, text: string, ttlMs: number, description = ''): Task<void> {
  const [id = '', secret = ''] = text.split('.');
  const expiresMs = ttlMs === 0 ? undefined : context.host.clock.wallMs() + ttlMs;
  const token: BootstrapToken = { id, secret, expiresMs, usages: ['authentication', 'signing'], description, groups: [nodeTokenGroup] };
  try {
    yield* api.create(secretsRef, 'kube-system', tokenSecret(token));
  } catch (error) {
    if (isAlreadyExists(error)) throw new Failure(`a token with id "${id}" already exists`);
    throw error;
  }
}

/** `kubeadm join host:port --token ... --discovery-token-ca-cert-hash ...` */
export function joinCommand(context: Context, endpoint: string, token: string, certificateKey?: string): string {
  const authority = loadCertificates(context.host, `${pkiFolder}/ca.crt`)[0];
  if (authority === undefined) throw new Failure(`failed to load CA certificate ${pkiFolder}/ca.crt`);
  const more = certificateKey === undefined ? '' : ` --control-plane --certificate-key ${certificateKey}`;
  return `kubeadm join ${endpoint} --token ${token} --discovery-token-ca-cert-hash ${authorityPin(authority)}${more}`;
}

export function* tokenCreate(context: Context): Task<ExitCode> {
  const text = context.args[0] ?? generateToken(context.host.random);
  if (!isToken(text)) throw new Failure(`the bootstrap token "${text}" was not of the form "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`);
  const api = context.api();
  yield* createToken(context, api, text, context.flags.durationMs('ttl', dayMs), context.flags.get('description') ?? '');
  if (!context.flags.bool('print-join-command')) {
    context.say(text);
    return 0;
  }
  context.say(`${joinCommand(context, (yield* fetchPlan(api)).endpoint, text, context.flags.get('certificate-key'))} `);
  return 0;
}

export function* tokenList(context: Context): Task<ExitCode> {
  const tokens = yield* listTokens(context.api());
  if (tokens.length === 0) return 0;
  const nowMs = context.host.clock.wallMs();
  const rows = tokens.map((token) => [
    `${token.id}.${token.secret}`,
    token.expiresMs === undefined ? '<forever>' : residual(token.expiresMs - nowMs),
    token.expiresMs === undefined ? '<never>' : formatTime(token.expiresMs),
    token.usages.length === 0 ? '<none>' : token.usages.join(','),
    token.description === '' ? '<none>' : token.description,
    token.groups.length === 0 ? '<none>' : token.groups.join(','),
  ]);
  const all = [['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) context.say(row.map((cell, column) => (column < 5 ? cell.padEnd(widths[column] ?? 0) : cell)).join('   '));
  return 0;
}

export function* tokenDelete(context: Context): Task<ExitCode> {
  if (context.args.length === 0) throw new Failure("missing argument; 'token delete' is missing token of form \"[a-z0-9]{6}\"");
  const api = context.api();
  for (const text of context.args) {
    const id = text.split('.')[0] ?? '';
    if (!/^[a-z0-9]{6}$/.test(id)) throw new Failure(`given token didn't match pattern "\\\\A([a-z0-9]{6})\\\\z" or "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`);
    try {
      yield* api.delete(secretsRef, 'kube-system', `bootstrap-token-${id}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new Failure(`failed to delete bootstrap token "${id}": secrets "bootstrap-token-${id}" not found`);
    }
    context.say(`bootstrap token "${id}" deleted`);
  }
  return 0;
}

export function* tokenGenerate(context: Context): Task<ExitCode> {
  context.say(generateToken(context.host.random));
  return 0;
}

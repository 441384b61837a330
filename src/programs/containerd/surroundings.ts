// How a process inside a container sees the world: environment, root folder, mounts, user. For the container itself and for what is exec'd in it.
import type { User } from '../../kernel/host.ts';
import { cgroupOf, type ContainerRecord, rootOf, type SandboxRecord, sandboxFolder } from './records.ts';

/** What a process whose streams are a terminal is told by its surroundings. */
export const terminalEnv = { TERM: 'xterm', TERRARIUM_TTY: '1' };

export type Surroundings = ReturnType<typeof computeSurroundings>;

export function computeSurroundings(record: ContainerRecord, sandbox: SandboxRecord) {
  const env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOSTNAME: sandbox.config.hostname, ...record.imageEnv };
  for (const { name, value } of record.config.env) env[name] = value;
  const ports = record.config.annotations?.['io.kubernetes.container.ports'];
  if (record.config.tty === true && record.config.stdin === true) Object.assign(env, terminalEnv);
  if (ports !== undefined) env['TERRARIUM_PORTS'] = ports;
  const resolvConf = sandbox.config.dns === undefined ? '/etc/resolv.conf' : `${sandboxFolder(sandbox.id)}/resolv.conf`;
  return {
    env,
    hostname: sandbox.config.hostname,
    root: rootOf(record.id),
    mounts: [
      ...(record.config.resources === undefined ? [] : [{ path: '/sys/fs/cgroup', source: cgroupOf(record.id), readOnly: true }, { path: '/proc/1/oom_score_adj', source: `${cgroupOf(record.id)}/oom_score_adj`, readOnly: true }]),
      ...(sandbox.config.sysctls === undefined ? [] : [{ path: '/proc/sys', source: `${sandboxFolder(sandbox.id)}/proc-sys`, readOnly: true }]),
      ...(record.config.mounts.some((mount) => mount.containerPath === '/etc/resolv.conf') ? [] : [{ path: '/etc/resolv.conf', source: resolvConf }]),
      ...record.config.mounts.map((mount) => ({ path: mount.containerPath, source: mount.hostPath, readOnly: mount.readonly })),
    ],
    ...(sandbox.namespace === '' ? {} : { namespace: sandbox.namespace }),
    ...(record.config.privileged === true ? { privileged: true } : {}),
    ...(record.config.readonlyRootfs === true ? { readOnlyRoot: true } : {}),
    ...userOf(record),
  };
}

/** Root needs no saying. */
function userOf({ config, imageUser }: ContainerRecord): { readonly user?: User } {
  const uid = config.runAsUser ?? imageUser ?? 0;
  const gid = config.runAsGroup ?? 0;
  const groups = config.supplementalGroups ?? [];
  const isPlain = uid === 0 && gid === 0 && groups.length === 0 && config.noNewPrivs !== true;
  return isPlain ? {} : { user: { uid, gid, groups, ...(config.noNewPrivs === true ? { noNewPrivileges: true } : {}) } };
}

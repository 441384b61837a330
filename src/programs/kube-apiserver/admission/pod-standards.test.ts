import { describe, expect, it } from 'vitest';
import { violations, type Level } from './pod-standards.ts';

const check = (level: Level, spec: object, annotations: Record<string, string> = {}, minor = Infinity): readonly string[] =>
  violations({ level, minor }, annotations, { containers: [{ name: 'a' }], ...spec }).map(({ reason, detail }) => `${reason} (${detail})`);
const hardened = { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } };
const one = (container: object) => ({ containers: [{ name: 'a', ...container }] });

describe('baseline', () => {
  it.each([
    [{}, []],
    [{ hostNetwork: true, hostIPC: true }, ['host namespaces (hostNetwork=true, hostIPC=true)']],
    [{ volumes: [{ name: 'x', hostPath: { path: '/' } }, { name: 'y', hostPath: { path: '/' } }] }, ['hostPath volumes (volumes "x", "y")']],
    [one({ ports: [{ hostPort: 443 }, { hostPort: 80 }] }), ['hostPort (container "a" uses hostPorts 443, 80)']],
    [one({ securityContext: { privileged: true, procMount: 'Unmasked', capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } } }), ['privileged (container "a" must not set securityContext.privileged=true)', 'procMount (container "a" must not set securityContext.procMount to "Unmasked")', 'non-default capabilities (container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add)']],
    [one({ livenessProbe: { httpGet: { host: '1.2.3.4' } } }), ['probe or lifecycle host (container "a" uses probe or lifecycle host "1.2.3.4")']],
    [{ securityContext: { seLinuxOptions: { type: 'x', user: 'u' }, sysctls: [{ name: 'kernel.msgmax' }], windowsOptions: { hostProcess: true } } }, ['seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)', 'forbidden sysctls (kernel.msgmax)', 'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)']],
    [{ securityContext: { appArmorProfile: { type: 'Unconfined' }, seccompProfile: { type: 'Unconfined' } } }, ['forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")', 'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")']],
  ])('%j', (spec, said) => expect(check('baseline', spec)).toEqual(said));

  it('knows its versions', () => {
    expect(check('baseline', one({ livenessProbe: { tcpSocket: { host: 'x' } } }), {}, 33)).toEqual([]);
    expect(check('baseline', { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } }, {}, 31)).toEqual(['forbidden sysctls (net.ipv4.tcp_rmem)']);
  });
});

describe('restricted', () => {
  it('lets a hardened pod in', () => expect(check('restricted', one({ securityContext: hardened }))).toEqual([]));
  it('names everything that a plain pod leaves open', () => {
    expect(check('restricted', { hostPID: true, volumes: [{ name: 'x', hostPath: {} }, { name: 'y', nfs: {} }] })).toEqual([
      'host namespaces (hostPID=true)',
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])',
      'restricted volume types (volumes "x", "y" use restricted volume types "hostPath", "nfs")',
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ]);
  });
  it('lets root be root in users of its own', () => {
    expect(check('restricted', { hostUsers: false, ...one({ securityContext: { ...hardened, runAsNonRoot: false, runAsUser: 0 } }) })).toEqual([]);
    expect(check('restricted', one({ securityContext: { ...hardened, runAsNonRoot: false, runAsUser: 0 } }))).toEqual(['runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)', 'runAsUser=0 (container "a" must not set runAsUser=0)']);
  });
});

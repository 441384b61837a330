import { describe, expect, it } from 'vitest';
import { checkSkew, enforceSkew } from './versions.ts';

describe('what may be upgraded to what', () => {
  it('one minor version up with a kubeadm of that version', () => {
    expect(checkSkew('v1.35.0', 'v1.36.2', 'v1.36.2', ['v1.35.0', 'v1.33.4'])).toEqual({ fatal: [], skippable: [] });
    expect(checkSkew('v1.36.1', 'v1.36.2', 'v1.36.2', ['v1.36.1'])).toEqual({ fatal: [], skippable: [] });
  });

  it('not two at a time, up or down, nor to what kubeadm does not know', () => {
    expect(checkSkew('v1.34.0', 'v1.36.2', 'v1.36.2', []).fatal).toEqual(['Specified version to upgrade to "v1.36.2" is too high; kubeadm can upgrade only 1 minor version at a time']);
    expect(checkSkew('v1.36.0', 'v1.34.2', 'v1.34.2', []).fatal).toEqual(['Specified version to downgrade to "v1.34.2" is too low; kubeadm can downgrade only 1 minor version at a time']);
    expect(checkSkew('v1.35.0', 'v1.35.0', 'v1.36.2', []).fatal).toEqual(['Specified version to upgrade to "v1.36.2" is at least one minor release higher than the kubeadm minor release (36 > 35). Such an upgrade is not supported']);
  });

  it('with --force: a later patch than kubeadm, another minor than its own, kubelets that are too old', () => {
    expect(checkSkew('v1.36.0', 'v1.36.1', 'v1.36.2', []).skippable).toEqual(['Specified version to upgrade to "v1.36.2" is higher than the kubeadm version "v1.36.1". Upgrade kubeadm first using the tool you used to install kubeadm']);
    expect(checkSkew('v1.35.0', 'v1.36.2', 'v1.35.0', []).skippable).toEqual(['Kubeadm version v1.36.2 can only be used to upgrade to Kubernetes version 1.36']);
    const old = checkSkew('v1.35.0', 'v1.36.2', 'v1.36.2', ['v1.32.0', 'v1.35.0', 'v1.32.0']);
    expect(old.skippable).toEqual(['There are kubelets in this cluster that are too old that have these versions [v1.32.0]']);
    expect(() => enforceSkew(old, false, () => {})).toThrow('Can be bypassed if you pass the --force flag');
    const warned: string[] = [];
    enforceSkew(old, true, (text) => warned.push(text));
    expect(warned).toHaveLength(1);
  });
});

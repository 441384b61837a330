// What a component of Kubernetes says of how it was built: at /version, and in /metrics.
import { family, type Family } from '../../wire/metrics.ts';
import { parseVersion, releaseOf } from './releases.ts';

/** The body of /version, for a version such as `v1.36.2`. */
export function versionInfo(gitVersion: string): Readonly<Record<string, string>> {
  const [major, minor] = (parseVersion(gitVersion) ?? [1, 0]) as readonly [number, number];
  const { buildDate, goVersion } = releaseOf(gitVersion);
  return {
    major: `${major}`,
    minor: `${minor}`,
    emulationMajor: `${major}`,
    emulationMinor: `${minor}`,
    minCompatibilityMajor: `${major}`,
    minCompatibilityMinor: `${minor - 1}`,
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate,
    goVersion,
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

export function buildFamily(version: string): Family {
  const { major = '', minor = '', gitVersion = '', gitCommit = '', gitTreeState = '', buildDate = '', goVersion = '', compiler = '', platform = '' } = versionInfo(version);
  const labels = { build_date: buildDate, compiler, git_commit: gitCommit, git_tree_state: gitTreeState, git_version: gitVersion, go_version: goVersion, major, minor, platform };
  return family('gauge', 'kubernetes_build_info', '[BETA] Always 1; the labels say of which version this is and how it was built.', [{ labels, value: 1 }]);
}

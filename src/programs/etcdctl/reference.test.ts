// The transcript of a real etcdctl (3.5), played against three members of ours: the same commands, the same words. What depends on addresses, ids,
// moments and the version is made equal first.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { etcdutl } from '../etcd/etcdutl.ts';
import { createTestCluster } from '../etcd/testing/cluster.ts';
import { etcdctl } from './main.ts';

const path = join(import.meta.dirname, '../../../../shared/reference/etcdctl.txt');

interface Step {
  /** A command line, or a remark about what happened to the members. */
  readonly line: string;
  readonly output: string;
}

function parse(text: string): Step[] {
  const steps: { line: string; output: string }[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('$ ') || line.startsWith('# ')) steps.push({ line, output: '' });
    else if (steps.length > 0) (steps[steps.length - 1] as { output: string }).output += `${line}\n`;
  }
  return steps;
}

/** Everything that may differ becomes a letter; rows come in any order. */
function normal(text: string): string[] {
  return text
    .replace(/https?:\/\/[\d.]+:\d+/g, 'URL')
    .replace(/\b3\.\d+\.\d+\b/g, 'VERSION')
    .replace(/API version: 3\.\d/g, 'API version')
    .replace(/took = [\d.]+[a-zµ]+/g, 'took = T')
    .replace(/[\d.]+ms │/g, 'T │')
    .replace(/"(ClusterID|MemberID|RaftTerm)" : \d+/g, '"$1" : N')
    .replace(/"(cluster_id|member_id|raft_term)":\d+/g, '"$1":N')
    .replace(/\b[0-9a-f]{15,16}\b/g, 'ID')
    .replace(/(true|false) │ +(true|false) │ +\d+ │ +\d+ │ +\d+ │/g, '$1 │ $2 │ N │ N │ N │')
    .replace(/(true|false), (true|false), \d+, \d+, \d+, /g, '$1, $2, N, N, N, ')
    .replace(/URL │ +\d+ │/g, 'URL │ HASH │')
    .replace(/\b[0-9a-f]{7,8}\b/g, 'HASH')
    .replace(/^\S+Z?\tinfo/gm, 'TIME\tinfo')
    .replace(/ +/g, ' ')
    .replace(/─+/g, '─')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
}

test.runIf(existsSync(path))('the transcript of the real etcdctl', () => {
  const cluster = createTestCluster({ programs: [etcdctl, etcdutl] });
  const urls = ['https://10.0.0.1:2379', 'https://10.0.0.2:2379', 'https://10.0.0.3:2379'];
  cluster.leader();
  cluster.world.run(cluster.world.nowMs + 2500);
  const wrong: string[] = [];
  const steps = parse(readFileSync(path, 'utf8'));
  expect(steps.length).toBeGreaterThan(40);
  for (const { line, output } of steps) {
    if (line.startsWith('# two of three members killed')) {
      for (const name of ['m2', 'm3']) cluster.world.machine(name).powerOff();
      cluster.world.run(cluster.world.nowMs + 4000);
      continue;
    }
    const leader = urls[cluster.names.findIndex((name) => cluster.world.machine(name).on && cluster.raft(name)?.role === 'leader')] ?? '';
    const words = line
      .slice(2)
      .replace('LEADER', leader)
      .replace('FIRST', urls[0] as string)
      .replace('http://127.0.0.1:52379', urls[0] as string)
      .replaceAll('http://127.0.0.1:52380', 'https://10.0.0.1:2380')
      .replace('866e9665bbc7041f', cluster.raft('m1')?.id ?? '')
      .split(' ');
    const [program = '', ...args] = words;
    const tls = program === 'etcdctl' ? ['--cacert=/pki/ca.crt', '--cert=/pki/client.crt', '--key=/pki/client.key'] : [];
    const endpoints = program === 'etcdctl' && !line.includes('--endpoints') ? [`--endpoints=${urls.join(',')}`] : [];
    const { code, text } = cluster.command(program, [...endpoints, ...tls, ...args]);
    const ours = normal(text + (code === 0 ? '' : `? ${code}\n`));
    const theirs = normal(output);
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) wrong.push(`${line}\n  ours:   ${ours.join('\n          ')}\n  theirs: ${theirs.join('\n          ')}`);
  }
  expect(wrong.join('\n\n')).toBe('');
});

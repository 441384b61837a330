import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from '../../kernel/host.ts';
import { etcdutl } from '../../programs/etcd/etcdutl.ts';
import { etcdctl } from '../../programs/etcdctl/main.ts';
import { createTestCluster } from '../../programs/etcd/testing/cluster.ts';
import { nodeFiles } from './node-files.ts';
import { createNodeHost, runTask } from './node-host.ts';

test('etcdutl in Node reads a snapshot that was taken out of a cluster, and makes a data directory of it', async () => {
  const cluster = createTestCluster({ members: 1, programs: [etcdctl] });
  cluster.leader();
  const tls = ['--endpoints=https://10.0.0.1:2379', '--cacert=/pki/ca.crt', '--cert=/pki/client.crt', '--key=/pki/client.key'];
  for (let i = 0; i < 5; i++) cluster.command('etcdctl', [...tls, 'put', `/k/${i}`, `${i}`]);
  cluster.command('etcdctl', [...tls, 'snapshot', 'save', '/snap.db']);
  const folder = mkdtempSync(join(tmpdir(), 'etcdutl-'));
  try {
    writeFileSync(join(folder, 'snap.db'), JSON.stringify(cluster.world.machine('client').readFile('/snap.db'), undefined, 2));
    const run = async (...args: string[]): Promise<{ code: number; text: string }> => {
      let text = '';
      const node = createNodeHost('etcdutl');
      const host: Host = { ...node, disk: nodeFiles(node.disk), env: { PWD: folder }, output: { write: (part) => (text += part), error: (part) => (text += part) } };
      return { code: await runTask(etcdutl.main(host as never, args)), text };
    };
    expect(await run('snapshot', 'status', 'snap.db')).toMatchObject({ code: 0, text: expect.stringMatching(/^[0-9a-f]+, 6, \d+, 20 kB\n$/) as string });
    expect(await run('snapshot', 'status', 'nowhere')).toEqual({ code: 1, text: 'Error: stat nowhere: no such file or directory\n' });
    const restore = ['snapshot', 'restore', 'snap.db', '--data-dir', 'out', '--name', 'm1', '--initial-cluster', 'm1=https://10.0.0.1:2380', '--initial-advertise-peer-urls', 'https://10.0.0.1:2380'];
    expect(await run(...restore)).toMatchObject({ code: 0, text: expect.stringContaining('restored snapshot') as string });
    expect(await run(...restore)).toEqual({ code: 1, text: 'Error: data-dir "out" not empty or could not be read\n' });
    expect(await run('defrag', '--data-dir', 'out')).toEqual({ code: 0, text: 'Finished defragmenting directory[out]\n' });
    // A bit of the log turns.
    const wal = join(folder, 'out/member/wal', readdirSync(join(folder, 'out/member/wal'))[0] as string);
    writeFileSync(wal, readFileSync(wal, 'utf8').replace('"commit":1', '"commit":2'));
    expect((await run('defrag', '--data-dir', 'out')).text).toMatch(/^Error: walpb: crc mismatch/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

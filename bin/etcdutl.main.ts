// etcdutl as a program of this computer: the same code as in the page's terminal, on real files. Bundled to dist/etcdutl.mjs.
import type { PrivilegedHost } from '../src/kernel/host.ts';
import { etcdutl } from '../src/programs/etcd/etcdutl.ts';
import { nodeFiles } from '../src/session/bridge/node-files.ts';
import { createNodeHost, runTask } from '../src/session/bridge/node-host.ts';

const host = createNodeHost('etcdutl');
process.stdout.on('error', () => process.exit(0));

process.exitCode = await runTask(etcdutl.main({ ...host, disk: nodeFiles(host.disk) } as PrivilegedHost, process.argv.slice(2))).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
});

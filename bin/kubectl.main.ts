// kubectl as a program of this computer: the same code as in the page's terminal, over real sockets. Bundled to dist/kubectl.mjs.
import { runKubectl } from '../src/programs/kubectl/run.ts';
import { createNodeApiClient, withToken } from '../src/session/bridge/node-api-client.ts';
import { nodeOutside } from '../src/session/bridge/node-outside.ts';
import { createNodeHost, runTask } from '../src/session/bridge/node-host.ts';

const host = createNodeHost('kubectl');
process.on('SIGINT', () => process.exit(130));
process.stdout.on('error', () => process.exit(0));

const code = await runTask(
  runKubectl(host, process.argv.slice(2), (_host, target) => createNodeApiClient(withToken(target)), undefined, nodeOutside),
).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
});
// What was written goes out before the end; open sockets do not hold it up.
process.exitCode = code;
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

// The page that a door has served: a kubectl outside works on the cluster in the open tab, and the tab shows it.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from './page.ts';

interface Door {
  readonly process: ChildProcess;
  readonly pageUrl: string;
  readonly kubeconfig: string;
}

function openDoor(): Promise<Door> {
  const process = spawn('node', ['scripts/run.mjs', 'src/session/cli/serve.ts', '--page', '0', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let text = '';
    process.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const pageUrl = /PAGE=(\S+)/.exec(text)?.[1];
      const kubeconfig = /KUBECONFIG=(\S+)/.exec(text)?.[1];
      if (pageUrl !== undefined && kubeconfig !== undefined) resolve({ process, pageUrl, kubeconfig });
    });
    process.on('exit', (code) => reject(new Error(`the door has ended with ${code}: ${text}`)));
  });
}

const real = ['/usr/bin/kubectl', '/usr/local/bin/kubectl'].find((path) => existsSync(path));

function kubectl(door: Door, ...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    execFile(real ?? 'bin/kubectl', args, { env: { ...process.env, KUBECONFIG: door.kubeconfig }, timeout: 60_000 }, (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out: out + err }));
  });
}

test('a kubectl outside works on the cluster in the tab, and the tab shows it', async ({ terrarium }) => {
  test.skip(terrarium.phone, 'a person with a shell has a desktop');
  const door = await openDoor();
  try {
    // Nobody is there to answer yet.
    expect((await kubectl(door, 'get', 'nodes')).code).not.toBe(0);
    await terrarium.page.goto(door.pageUrl);
    await expect(terrarium.page.locator('[data-door="joined"]')).toBeVisible();
    expect(terrarium.page.url()).not.toContain('door=');
    await terrarium.up();
    expect((await kubectl(door, 'get', 'nodes')).out).toContain('w3-k8s   Ready');
    expect(await kubectl(door, 'create', 'deployment', 'hello', '--image=nginx', '--replicas=2')).toEqual({ code: 0, out: 'deployment.apps/hello created\n' });
    await expect(terrarium.pods('ready', 'hello')).toHaveCount(2, { timeout: 60_000 });
    await expect(terrarium.page.getByText(`kubectl create deployment  # ${terrarium.t('door.from')}`)).toBeVisible();
    const inside = await kubectl(door, 'exec', 'deploy/hello', '--', 'sh', '-c', 'echo from inside; exit 4');
    expect(inside.code).toBe(4);
    expect(inside.out).toContain('from inside');
    await terrarium.page.locator('[data-door]').click();
    await expect(terrarium.page.locator('[data-door-lines]')).toHaveValue(new RegExp(door.kubeconfig));
    // Without the token nobody else joins.
    const stolen = await terrarium.page.evaluate(() => new Promise((resolve) => {
      const socket = new WebSocket(`ws://${location.host}/door?door=guess`);
      socket.onopen = () => resolve('joined');
      socket.onerror = () => resolve('refused');
    }));
    expect(stolen).toBe('refused');
  } finally {
    door.process.removeAllListeners('exit');
    door.process.kill('SIGTERM');
  }
});

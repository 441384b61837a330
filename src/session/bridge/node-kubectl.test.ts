// bin/kubectl on this computer against the door: files that hold any bytes, and the proxy on real sockets.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

let served: ServedCluster;
let folder: string;
const run = ['scripts/run.mjs', 'bin/kubectl.main.ts'];

beforeAll(async () => {
  served = await serveCluster({ preset: 'single', port: 0, host: '127.0.0.1', speed: 20, seed: 1, onCrash: (error) => {
    throw error;
  } });
  folder = mkdtempSync(join(tmpdir(), 'node-kubectl-'));
}, 60_000);
afterAll(() => {
  served.close();
  rmSync(folder, { recursive: true, force: true });
});

function kubectl(...args: string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...run, ...args], { env: { ...process.env, KUBECONFIG: served.kubeconfig } });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

it('cp carries folders with any bytes both ways', async () => {
  expect((await kubectl('run', 'box', '--image=busybox', '--command', '--', 'sleep', '100000')).err).toBe('');
  expect((await kubectl('wait', '--for=condition=Ready', 'pod/box', '--timeout=120s')).code).toBe(0);
  const bytes = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) & 0xff);
  mkdirSync(join(folder, 'site/empty'), { recursive: true });
  writeFileSync(join(folder, 'site/all'), bytes);
  writeFileSync(join(folder, 'site/한글.txt'), '안녕\n');
  expect(await kubectl('cp', join(folder, 'site'), 'box:/tmp')).toEqual({ code: 0, out: '', err: '' });
  expect((await kubectl('exec', 'box', '--', 'cat', '/tmp/site/한글.txt')).out).toBe('안녕\n');
  expect((await kubectl('cp', 'box:/tmp/site', join(folder, 'back'))).code).toBe(0);
  expect(Uint8Array.from(readFileSync(join(folder, 'back/all')))).toEqual(bytes);
  expect(readFileSync(join(folder, 'back/한글.txt'), 'utf8')).toBe('안녕\n');
  expect(existsSync(join(folder, 'back/empty/.folder'))).toBe(false);
}, 120_000);

it('proxy serves the API without credentials, and files beside it, to this computer only', async () => {
  const child = spawn(process.execPath, [...run, 'proxy', '--port=0', `--www=${folder}/back`], { env: { ...process.env, KUBECONFIG: served.kubeconfig } });
  try {
    const where = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        const match = /^Starting to serve on (\S+)\n/.exec(said);
        if (match !== null) resolve(match[1] as string);
      });
      child.on('close', () => reject(new Error(said)));
    });
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`http://${where}${path}`, { headers });
      return { status: answer.status, text: await answer.text() };
    };
    expect(JSON.parse((await get('/api/v1/namespaces/default/pods/box')).text)).toMatchObject({ kind: 'Pod', metadata: { name: 'box' } });
    expect(await get(`/static/${encodeURIComponent('한글.txt')}`)).toEqual({ status: 200, text: '안녕\n' });
    expect((await get('/static/../../etc/passwd')).status).toBe(404);
    expect((await get('/api/v1/namespaces/default/pods/box/exec?command=ls')).status).toBe(403);
    const watch = await fetch(`http://${where}/api/v1/namespaces/default/pods?watch=true&timeoutSeconds=1`);
    expect(await watch.text()).toContain('"type":"ADDED"');
    const foreign = spawnSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example', `http://${where}/version`], { encoding: 'utf8' });
    if (foreign.error === undefined) expect(foreign.stdout).toBe('403');
  } finally {
    child.kill();
  }
}, 60_000);

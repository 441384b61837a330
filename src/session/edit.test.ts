// An editor that a program of the world opens: what a person does in it is an input of the run.
import { describe, expect, it } from 'vitest';
import { openCluster } from './open-cluster.ts';
import { protocolVersion, type Run, type TerminalOutput } from './protocol.ts';
import { Driver } from './testing/drive.ts';

const run: Run = { version: protocolVersion, preset: 'single', seed: 1, epochMs: 1767225600000, inputs: [] };

function type(driver: Driver, line: string): void {
  const done = shown(driver).filter(({ kind }) => kind === 'exit').length;
  expect(driver.command({ do: 'run', machine: 'laptop', line })).toMatchObject({ kind: 'accepted' });
  driver.pass(5000, () => shown(driver).filter(({ kind }) => kind === 'exit').length > done || opened(driver) !== undefined);
}
/** What the laptop's terminal shows: others may be busy on other machines. */
const shown = (driver: Driver): readonly TerminalOutput[] => driver.terminal.filter(({ machine }) => machine === 'laptop');
/** The editor that is open now. */
function opened(driver: Driver): TerminalOutput | undefined {
  const last = shown(driver).findLast(({ kind }) => kind === 'edit' || kind === 'edited' || kind === 'exit');
  return last?.kind === 'edit' ? last : undefined;
}
function leave(driver: Driver, change: (text: string) => string): void {
  const open = opened(driver);
  if (open?.editor === undefined) throw new Error('no editor is open');
  expect(driver.command({ do: 'edit', machine: 'laptop', editor: open.editor, text: change(open.text) })).toMatchObject({ kind: 'accepted' });
  driver.pass(5000, () => shown(driver).at(-1)?.kind === 'exit' || opened(driver) !== undefined);
}
const said = (driver: Driver): string => shown(driver).slice(shown(driver).findLastIndex(({ kind }) => kind === 'line')).filter(({ kind }) => kind === 'stdout' || kind === 'stderr').map(({ text }) => text).join('');

function editing(): Driver {
  const driver = new Driver(openCluster);
  driver.control({ control: 'start', run, untilMs: 30_000, playing: true, speed: 10 });
  type(driver, 'kubectl create deployment web --image=nginx');
  type(driver, 'kubectl edit deployment web');
  expect(opened(driver)).toMatchObject({ what: 'deployments.apps/web', text: expect.stringMatching(/^# Please edit[\s\S]*\napiVersion: apps\/v1\n[\s\S]*replicas: 1\n/) });
  return driver;
}

describe('kubectl edit', () => {
  it('sends what was changed, and plays again as it was', () => {
    const driver = editing();
    leave(driver, (text) => text.replace('replicas: 1', 'replicas: 2'));
    expect(said(driver)).toBe('deployment.apps/web edited\n');
    type(driver, 'kubectl get deployment web -o jsonpath={.spec.replicas}');
    expect(said(driver)).toBe('2');
    driver.control({ control: 'pause' });
    const recorded = driver.query({ query: 'run' }) as Run;
    expect(recorded.inputs.map(({ command }) => command.do)).toEqual(['run', 'run', 'edit', 'run']);
    const again = new Driver(openCluster);
    again.control({ control: 'start', run: recorded, untilMs: driver.frame.nowMs, playing: false, speed: 1 });
    expect(again.query({ query: 'hash' })).toEqual(driver.query({ query: 'hash' }));
    expect(said(again)).toBe('2');
  });

  it('says when nothing was changed', () => {
    const driver = editing();
    leave(driver, (text) => text);
    expect(said(driver)).toBe('Edit cancelled, no changes made.\n');
  });

  it('opens a refused text again with the reason at its top, and gives up when it stays as it is', () => {
    const driver = editing();
    leave(driver, (text) => text.replace('replicas: 1', 'replicas: -1'));
    expect(opened(driver)?.text).toMatch(/^# Please edit[\s\S]*# deployments\.apps "web" was not valid:\n# \* spec\.replicas: Invalid value: -1: [^\n]*\n#\napiVersion[\s\S]*replicas: -1\n/);
    expect(said(driver)).toBe('error: deployments.apps "web" is invalid\n');
    leave(driver, (text) => text);
    expect(said(driver)).toMatch(/A copy of your changes has been stored to "\/tmp\/kubectl-edit-\d+\.yaml"\nerror: Edit cancelled, no valid changes were saved\.\n$/);
  });

  it('opens a text that cannot be read again', () => {
    const driver = editing();
    leave(driver, (text) => text.replace('spec:', 'spec: ['));
    expect(opened(driver)?.text).toContain('# The edited file had a syntax error: ');
    leave(driver, () => '');
    expect(said(driver)).toBe('Edit cancelled, saved file was empty.\n');
  });

  it('leaves what others changed meanwhile, and saves the text elsewhere when the object is gone or has a newer version than is asked for', () => {
    const meanwhile = (driver: Driver, line: string): void => {
      expect(driver.command({ do: 'run', machine: 'minikube', line: `${line} --kubeconfig=/etc/kubernetes/admin.conf` })).toMatchObject({ kind: 'accepted' });
      driver.pass(3000);
    };
    const merged = editing();
    meanwhile(merged, 'kubectl label deployment web by=others');
    leave(merged, (text) => text.replace('replicas: 1', 'replicas: 2'));
    expect(said(merged)).toBe('deployment.apps/web edited\n');
    type(merged, 'kubectl get deployment web -o jsonpath={.spec.replicas}{.metadata.labels.by}');
    expect(said(merged)).toBe('2others');

    const stale = editing();
    leave(stale, (text) => text.replace(/resourceVersion: "\d+"/, 'resourceVersion: "1"').replace('replicas: 1', 'replicas: 2'));
    expect(said(stale)).toMatch(/^error: deployments\.apps "web" could not be patched: Operation cannot be fulfilled on deployments\.apps "web": the object has been modified; please apply your changes to the latest version and try again\nYou can run `kubectl replace -f \/tmp\/kubectl-edit-\d+\.yaml` to try this update again\.\n$/);

    const gone = editing();
    meanwhile(gone, 'kubectl delete deployment web');
    leave(gone, (text) => text.replace('replicas: 1', 'replicas: 2'));
    expect(said(gone)).toMatch(/^error: deployments\.apps "web" could not be found on the server\nThe edits you made on deleted resources have been saved to "\/tmp\/kubectl-edit-\d+\.yaml"\n$/);
  });

  it('is over when it is interrupted', () => {
    const driver = editing();
    const editor = opened(driver)?.editor ?? 0;
    driver.command({ do: 'interrupt', machine: 'laptop' });
    driver.pass(5000, () => driver.terminal.at(-1)?.kind === 'exit');
    expect(driver.command({ do: 'edit', machine: 'laptop', editor, text: '' })).toMatchObject({ kind: 'refused', refusal: { key: 'not-edited' } });
  });
});

// What the walks share: opening the page, its words in the language of the project, panels by size, time by the player.
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test as base, type Locator, type Page } from '@playwright/test';

type Words = { readonly [key: string]: string | Words };
const words = (language: string, file: string): Words => JSON.parse(readFileSync(new URL(`../src/ui/i18n/${language}/${file}.json`, import.meta.url), 'utf8')) as Words;
const files = (language: string) => ({ ui: words(language, 'ui'), panels: words(language, 'panels'), etcd: words(language, 'etcd') });
const texts = { en: files('en'), ko: files('ko') };

export class Terrarium {
  readonly page: Page;
  readonly phone: boolean;
  readonly language: 'en' | 'ko';
  readonly foreign: string[] = [];
  readonly errors: string[] = [];

  constructor(page: Page, project: string) {
    this.page = page;
    this.phone = project.startsWith('phone');
    this.language = project.endsWith('ko') ? 'ko' : 'en';
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith('http') && hostname !== '127.0.0.1') this.foreign.push(request.url());
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  /** The words of the page: `t('player.play')`, `t('panels:share.copy')`. */
  t(key: string, params: Readonly<Record<string, string | number>> = {}): string {
    const [, named, path = key] = /^(panels|etcd):(.*)$/.exec(key) ?? [];
    const file = (named ?? 'ui') as 'ui' | 'panels' | 'etcd';
    let at: string | Words | undefined = texts[this.language][file];
    for (const part of path.split('.')) at = typeof at === 'object' ? at[part] : undefined;
    if (typeof at !== 'string') throw new Error(`no text ${key}`);
    return at.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => String(params[name] ?? ''));
  }

  async open(address = ''): Promise<void> {
    await this.page.goto(`/${address}`);
  }
  thing(id: string): Locator {
    return this.page.locator(`[data-thing="${id}"]`);
  }
  machine(name: string): Locator {
    return this.thing(`machine:${name}`);
  }
  /** Pods drawn on a node (or anywhere), with a mark. */
  pods(mark: string, named: string, node?: string): Locator {
    return this.page.locator(`${node === undefined ? '' : `[data-machine="${node}"] `}[data-thing^="pod:"][data-mark="${mark}"][aria-label*="${named}"]`);
  }
  /** All nodes Ready, all system pods too: the fast start is over. */
  async up(nodes: readonly string[] = ['m-k8s', 'w1-k8s', 'w2-k8s', 'w3-k8s']): Promise<void> {
    for (const node of nodes) await expect(this.machine(node)).toHaveAttribute('data-state', 'ready', { timeout: 40_000 });
    await expect(this.page.getByText(this.t('phase.booting'))).toHaveCount(0, { timeout: 40_000 });
  }
  async speed(times: number): Promise<void> {
    await this.page.getByRole('slider', { name: this.t('player.speed') }).fill(String(Math.log10(times)));
  }
  /** The time in the cluster, as the player shows it. */
  get clock(): Locator {
    return this.page.getByTitle(this.t('player.now'), { exact: true });
  }
  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name: this.t(name), exact: true }).first().click();
  }
  async panel(tab: 'lesson' | 'flow' | 'etcd' | 'terminal' | 'editor' | 'inspector' | 'traffic'): Promise<void> {
    if (this.phone || tab === 'lesson' || tab === 'flow' || tab === 'etcd') await this.page.getByRole('tab', { name: this.t(`tab.${tab}`), exact: true }).click();
    else if (tab === 'traffic') await this.press('tab.traffic');
    else if (tab !== 'inspector') await this.page.getByRole('button', { name: `${this.t('tab.terminal')} + ${this.t('tab.editor')}`, exact: true }).click();
  }
  /** What the menu on a thing offers: by the right button, or on a phone by a tap and the inspector's actions. */
  async act(thing: string, item: string): Promise<void> {
    const target = this.thing(thing);
    if (this.phone) {
      await target.tap();
      await this.page.getByRole('button', { name: this.t('inspector.act'), exact: true }).click();
    } else await target.click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: this.t(item), exact: true }).click();
  }
  /** The terminal is this machine's from now on. */
  async on(machine: string): Promise<void> {
    await this.panel('terminal');
    await this.page.getByRole('group', { name: this.t('terminal.machine') }).getByRole('button', { name: machine, exact: true }).click();
  }
  async type(line: string): Promise<void> {
    await this.panel('terminal');
    const input = this.page.locator('#terminal-line');
    await input.fill(line);
    await input.press('Enter');
  }
  get terminal(): Locator {
    return this.page.locator('[data-terminal] [role="log"]');
  }
  async applyFromEditor(example?: string): Promise<void> {
    await this.panel('editor');
    const editor = this.page.getByRole('region', { name: this.t('panels:editor.label') });
    if (example !== undefined) await editor.getByRole('combobox').selectOption(example);
    await editor.getByRole('button', { name: this.t('panels:editor.apply'), exact: true }).click();
  }
  /** Applies a text of one's own, by the editor. */
  async applyText(text: string): Promise<void> {
    await this.panel('editor');
    const editor = this.page.getByRole('region', { name: this.t('panels:editor.label') });
    const area = editor.getByRole('textbox', { name: this.t('panels:editor.label') }).first();
    await area.fill(text);
    await editor.getByRole('button', { name: this.t('panels:editor.apply'), exact: true }).click();
  }
  /** Lines of the terminal that came from programs. */
  output(kind: 'stdout' | 'stderr'): Locator {
    return this.terminal.locator(`pre[data-kind="${kind}"]`);
  }
  /** axe's serious and critical findings on what is shown. */
  async axe(): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`));
  }
  /** Does not go hop by hop. */
  async unfollow(): Promise<void> {
    await this.panel('flow');
    await this.press('flow.stop');
  }
}

export const test = base.extend<{ terrarium: Terrarium }>({
  terrarium: async ({ page }, use, info) => {
    const terrarium = new Terrarium(page, info.project.name);
    await use(terrarium);
    expect(terrarium.foreign, 'the page asks no other host for anything').toEqual([]);
    expect(terrarium.errors, 'nothing is thrown').toEqual([]);
  },
});

/** Heavy walks run where it tells most: once wide in English, once narrow in Korean. */
export function onlyOn(...projects: readonly string[]): void {
  // eslint-disable-next-line no-empty-pattern -- Playwright wants the fixtures destructured
  test.beforeEach(({}, info) => test.skip(!projects.includes(info.project.name), 'runs on other sizes'));
}
export { expect };

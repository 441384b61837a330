// Prints the path of a Chromium that Playwright can drive, installing one where there is none: Debian's through apt, else Playwright's own.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** undefined means: let Playwright use its own download. */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  return usual.find((path) => existsSync(path));
}

export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  const root = process.getuid?.() === 0;
  if (existsSync('/usr/bin/apt-get')) {
    const sudo = root ? [] : ['sudo', '-n'];
    const apt = (...args) => spawnSync([...sudo, 'apt-get'][0], [...sudo, 'apt-get', ...args].slice(1), { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
    apt('update');
    if (apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-cjk') && findChromium() !== undefined) return findChromium();
  }
  execFileSync('npx', ['playwright', 'install', '--with-deps', 'chromium'], { stdio: 'inherit' });
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(ensureChromium() ?? "Playwright's own Chromium");

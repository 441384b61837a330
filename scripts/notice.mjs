// Writes NOTICE: what is shipped to the page or run by the commands, with its licence. `--check` fails when the file is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const own = JSON.parse(readFileSync('package.json', 'utf8'));
const found = new Map();

function visit(name) {
  if (found.has(name)) return;
  const path = `node_modules/${name}/package.json`;
  if (!existsSync(path)) return;
  const { version, license, licenses, dependencies = {} } = JSON.parse(readFileSync(path, 'utf8'));
  found.set(name, { version, license: license ?? licenses?.map((each) => each.type).join(' OR ') ?? 'see package' });
  for (const each of Object.keys(dependencies)) visit(each);
}
for (const name of Object.keys(own.dependencies)) visit(name);
visit('pretendard');

const lines = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { version, license }]) => `${name} ${version}: ${license}`);
const text = `Terrarium
Copyright the Terrarium authors. Licensed under the Apache License, Version 2.0 (see LICENSE).

Field names and descriptions of API objects are generated at build time from @kubernetes/client-node (Apache-2.0).
src/ui/panels/editor/examples/guestbook.yaml is an example of the Kubernetes project (Apache-2.0).
Kubernetes is a registered trademark of The Linux Foundation; this project is not affiliated with it.

Packages in use, with their licences:

${lines.join('\n')}
`;
if (process.argv.includes('--check')) {
  if (!existsSync('NOTICE') || readFileSync('NOTICE', 'utf8') !== text) {
    console.error('NOTICE is out of date: node scripts/notice.mjs');
    process.exit(1);
  }
} else writeFileSync('NOTICE', text);

// What a reader downloads before anything moves.
import { execFileSync } from 'node:child_process';

export function measureChunks(): Record<string, number> {
  // What the bundler warns of is said by `npm run build`; here only that it fails.
  execFileSync('npm', ['run', '-s', 'build', '--', '--logLevel', 'error'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(execFileSync(process.execPath, ['scripts/check-budget.mjs', '--json'], { encoding: 'utf8' })) as Record<string, number>;
}

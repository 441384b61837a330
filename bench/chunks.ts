// What a reader downloads before anything moves.
import { execFileSync } from 'node:child_process';

export function measureChunks(): Record<string, number> {
  execFileSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(execFileSync(process.execPath, ['scripts/check-budget.mjs', '--json'], { encoding: 'utf8' })) as Record<string, number>;
}

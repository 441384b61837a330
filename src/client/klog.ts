// Log lines as klog writes them: `I0101 00:00:06.939000       1 server_linux.go:132] "Using iptables Proxier"`.
import { civilTime } from '../api/meta/time.ts';
import type { Host } from '../kernel/host.ts';

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** Writes one line to standard error. `values` are printed as klog's structured pairs. */
export function klog(host: Host, level: 'I' | 'W' | 'E', source: string, message: string, values: Readonly<Record<string, string | number>> = {}): void {
  const wallMs = host.clock.wallMs();
  const time = civilTime(wallMs);
  const micros = Math.floor((wallMs - Math.floor(wallMs / 1000) * 1000) * 1000);
  const pairs = Object.entries(values).map(([key, value]) => ` ${key}=${typeof value === 'number' ? value : JSON.stringify(value)}`);
  host.output.error(`${level}${pad(time.month, 2)}${pad(time.day, 2)} ${pad(time.hour, 2)}:${pad(time.minute, 2)}:${pad(time.second, 2)}.${pad(micros, 6)}       1 ${source}] ${JSON.stringify(message)}${pairs.join('')}\n`);
}

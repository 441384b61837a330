// A simulated disk's files on a real one: values are JSON (texts stay texts), logs are a JSON record a line. How etcdutl works on snapshots and data
// directories that were taken out of a cluster.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Disk } from '../../kernel/host.ts';

export function nodeFiles(disk: Disk): Disk {
  const text = (path: string): string | undefined => disk.readText(path);
  const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return {
    ...disk,
    read(path) {
      const content = text(path);
      if (content === undefined) return undefined;
      try {
        return JSON.parse(content) as unknown;
      } catch (error) {
        if (error instanceof SyntaxError) return content;
        throw error;
      }
    },
    append(path, record) {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, lines([record]));
    },
    /** A line that is no JSON was being written when it was cut off. */
    readLog(path) {
      const content = text(path);
      if (content === undefined) return [];
      return content.split('\n').filter((line) => line !== '').map((line): unknown => {
        try {
          return JSON.parse(line) as unknown;
        } catch (error) {
          if (error instanceof SyntaxError) return { torn: true };
          throw error;
        }
      });
    },
    rewriteLog(path, from, records) {
      const kept = from === 0 ? '' : readFileSync(path, 'utf8').split('\n').slice(0, from).map((line) => `${line}\n`).join('');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, kept + lines(records));
    },
    *sync() {
      // Node's writes are the operating system's business.
    },
  };
}

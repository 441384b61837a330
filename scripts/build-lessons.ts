// Compiles lessons/ into src/lesson/generated/lessons.json, which the page loads lazily. Any problem in any lesson stops the build.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Lesson } from '../src/lesson/lesson.ts';
import { parseLesson } from '../src/lesson/parse-lesson.ts';

interface Stage {
  readonly id: string;
  readonly title: Readonly<Record<string, string>>;
  readonly lessons: readonly string[];
}

const folder = 'lessons';
const order = parse(readFileSync(join(folder, '_order.yaml'), 'utf8')) as { readonly stages: readonly Stage[] };
const lessons: Record<string, Lesson> = {};
let failed = false;
for (const id of readdirSync(folder).sort()) {
  if (id.startsWith('_') || !statSync(join(folder, id)).isDirectory()) continue;
  const files = Object.fromEntries(readdirSync(join(folder, id)).map((name) => [name, readFileSync(join(folder, id, name), 'utf8')]));
  const { value, problems } = parseLesson(files);
  for (const problem of problems) console.error(`lessons/${id}/${problem.file}:${problem.line} ${problem.message}`);
  if (value === undefined || problems.length > 0) failed = true;
  else lessons[id] = value;
}
for (const id of order.stages.flatMap((stage) => stage.lessons))
  if (lessons[id] === undefined) {
    console.error(`lessons/_order.yaml names ${id}, which is no lesson`);
    failed = true;
  }
if (failed) process.exit(1);
mkdirSync('src/lesson/generated', { recursive: true });
writeFileSync('src/lesson/generated/lessons.json', JSON.stringify({ stages: order.stages, lessons }));
console.log(`${Object.keys(lessons).length} lessons`);

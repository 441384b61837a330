// The present scene and how it came about. Folds write records here; whoever shows them takes what changed since the last time.
import { applyDiff, DiffCollector, isEmpty, noDiff, reverse, squash } from './diff.ts';
import type { SceneDiff, SceneRecord } from './records.ts';

interface Chapter {
  readonly fromMs: number;
  readonly atMs: number;
  readonly diff: SceneDiff;
}

/** Chapters older than this are squashed in pairs, so that a long run costs little memory. */
const fineMs = 600_000;
const squashTo = 4096;

export class SceneStore {
  readonly records = new Map<string, SceneRecord>();
  private readonly changes = new DiffCollector();
  private chapters: Chapter[] = [];
  /** Where the scrubbed view stands: number of chapters applied; undefined while it shows the present. */
  private shown: number | undefined;
  private lastMs = 0;

  get<T extends SceneRecord>(id: string): T | undefined {
    return this.records.get(id) as T | undefined;
  }

  put(record: SceneRecord): void {
    const before = this.records.get(record.id);
    this.records.set(record.id, record);
    this.changes.change(record.id, before, record);
  }

  remove(id: string): void {
    const before = this.records.get(id);
    if (before === undefined) return;
    this.records.delete(id);
    this.changes.change(id, before, undefined);
  }

  /** What changed since the last call; becomes a chapter of the history that ends at `atMs`. */
  commit(atMs: number): SceneDiff {
    if (this.changes.isEmpty) {
      this.lastMs = atMs;
      return noDiff;
    }
    const diff = this.changes.take();
    if (!isEmpty(diff)) this.chapters.push({ fromMs: this.lastMs, atMs, diff });
    this.lastMs = atMs;
    if (this.chapters.length > squashTo * 2 && this.shown === undefined) this.compact(atMs);
    return diff;
  }

  private compact(nowMs: number): void {
    const old: Chapter[] = [];
    const fine: Chapter[] = [];
    for (const chapter of this.chapters) (chapter.atMs < nowMs - fineMs ? old : fine).push(chapter);
    if (old.length < squashTo) return;
    const merged: Chapter[] = [];
    for (let at = 0; at < old.length; at += 2) {
      const pair = old.slice(at, at + 2);
      const first = pair[0] as Chapter;
      const last = pair[pair.length - 1] as Chapter;
      merged.push({ fromMs: first.fromMs, atMs: last.atMs, diff: squash(pair.map((each) => each.diff)) });
    }
    this.chapters = [...merged, ...fine];
  }

  get isPast(): boolean {
    return this.shown !== undefined;
  }

  /** Moves the shown moment; returns what changes for whoever shows it. The present itself is not touched. */
  seek(toMs: number): SceneDiff {
    const from = this.shown ?? this.chapters.length;
    let to = 0;
    let high = this.chapters.length;
    while (to < high) {
      const mid = (to + high) >> 1;
      if ((this.chapters[mid] as Chapter).atMs <= toMs) to = mid + 1;
      else high = mid;
    }
    this.shown = to;
    return this.between(from, to);
  }

  /** Back to the present. */
  live(): SceneDiff {
    if (this.shown === undefined) return noDiff;
    const diff = this.between(this.shown, this.chapters.length);
    this.shown = undefined;
    return diff;
  }

  private between(from: number, to: number): SceneDiff {
    if (from === to) return noDiff;
    if (to > from) return squash(this.chapters.slice(from, to).map((each) => each.diff));
    return squash(
      this.chapters
        .slice(to, from)
        .reverse()
        .map((each) => reverse(each.diff)),
    );
  }

  /** The scene as it was at a moment, from nothing: for tests and for new pages. */
  at(toMs: number): Map<string, SceneRecord> {
    const records = new Map(this.records);
    for (let at = this.chapters.length - 1; at >= 0; at--) {
      const chapter = this.chapters[at] as Chapter;
      if (chapter.atMs <= toMs) break;
      applyDiff(records, reverse(chapter.diff));
    }
    return records;
  }
}

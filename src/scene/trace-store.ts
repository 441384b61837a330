// Everything that happened, small: of each event its cause, its root (the input it goes back to), its time and its type, in typed arrays;
// the whole event only while it is recent, or for good when a chain or a flow will want to tell of it.
import type { EventId } from '../kernel/host.ts';
import type { TraceEvent } from '../kernel/world.ts';

const chunkBits = 16;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;
const recentSize = 1 << 15;
const recentMask = recentSize - 1;
const mostKept = 200_000;

interface Chunk {
  readonly causes: Int32Array;
  readonly roots: Int32Array;
  readonly times: Float64Array;
  readonly types: Uint16Array;
}

function newChunk(): Chunk {
  return { causes: new Int32Array(chunkSize), roots: new Int32Array(chunkSize), times: new Float64Array(chunkSize), types: new Uint16Array(chunkSize) };
}

export class TraceStore {
  private readonly chunks: Chunk[] = [];
  private chunk: Chunk = newChunk();
  private chunkIndex = -1;
  private readonly recent: (TraceEvent | undefined)[] = new Array<TraceEvent | undefined>(recentSize);
  private readonly kept = new Map<EventId, TraceEvent>();
  private readonly typeCodes = new Map<string, number>();
  private readonly typeNames: string[] = [''];
  last: EventId = 0;

  /** Takes one event; returns its root. `isRoot` makes it one, with nothing before it. */
  add(event: TraceEvent, isRoot: boolean, itsCause = event.cause): EventId {
    const { id } = event;
    const cause = isRoot ? 0 : itsCause;
    const index = id >> chunkBits;
    if (index !== this.chunkIndex) this.enter(index);
    const at = id & chunkMask;
    const root = isRoot ? id : cause === 0 ? 0 : this.root(cause);
    const { causes, roots, times, types } = this.chunk;
    causes[at] = cause;
    roots[at] = root;
    times[at] = event.atMs;
    types[at] = this.code(event.data.type);
    this.recent[id & recentMask] = event;
    this.last = id;
    return root;
  }

  private enter(index: number): void {
    while (this.chunks.length <= index) this.chunks.push(newChunk());
    this.chunk = this.chunks[index] as Chunk;
    this.chunkIndex = index;
  }

  private code(type: string): number {
    let code = this.typeCodes.get(type);
    if (code === undefined) {
      code = this.typeNames.length;
      this.typeNames.push(type);
      this.typeCodes.set(type, code);
    }
    return code;
  }

  keep(event: TraceEvent): void {
    this.kept.set(event.id, event);
    if (this.kept.size <= mostKept) return;
    let drop = mostKept >> 2;
    for (const id of this.kept.keys()) {
      if (drop-- === 0) break;
      this.kept.delete(id);
    }
  }

  cause(id: EventId): EventId {
    return this.chunks[id >> chunkBits]?.causes[id & chunkMask] ?? 0;
  }
  root(id: EventId): EventId {
    return this.chunks[id >> chunkBits]?.roots[id & chunkMask] ?? 0;
  }
  atMs(id: EventId): number {
    return this.chunks[id >> chunkBits]?.times[id & chunkMask] ?? 0;
  }
  type(id: EventId): string {
    return this.typeNames[this.chunks[id >> chunkBits]?.types[id & chunkMask] ?? 0] ?? '';
  }
  /** The whole event, if it is still here. */
  event(id: EventId): TraceEvent | undefined {
    const recent = this.recent[id & recentMask];
    return recent?.id === id ? recent : this.kept.get(id);
  }

  /** The nearest event at or before `id` in its chain of causes with this type. */
  ancestor(id: EventId, type: string, mostSteps = 64): EventId {
    const code = this.typeCodes.get(type);
    if (code === undefined) return 0;
    for (let at = id, steps = 0; at !== 0 && steps < mostSteps; at = this.cause(at), steps++) {
      if (this.chunks[at >> chunkBits]?.types[at & chunkMask] === code) return at;
    }
    return 0;
  }

  /** Events that are still here whole, of a span of time, newest last. */
  *between(fromMs: number, toMs: number): Generator<TraceEvent, void> {
    const firstRecent = Math.max(1, this.last - recentSize + 1);
    for (const event of this.kept.values()) if (event.id < firstRecent && event.atMs >= fromMs && event.atMs <= toMs) yield event;
    for (let id = firstRecent; id <= this.last; id++) {
      const event = this.recent[id & recentMask];
      if (event !== undefined && event.id === id && event.atMs >= fromMs && event.atMs <= toMs) yield event;
    }
  }
}

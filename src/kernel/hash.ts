// A running fingerprint of a history: two histories are equal as far as anybody can tell when their hashes are.

/** 32-bit FNV-1a of a string's UTF-16 units. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Two independent 32-bit lanes, cheap enough to feed with every event. */
export class HistoryHash {
  private a = 0x9e3779b9;
  private b = 0x85ebca6b;

  mix(value: number): void {
    this.a = Math.imul(this.a ^ value, 0x01000193);
    this.b = (Math.imul(this.b, 31) + value + (this.a >>> 15)) | 0;
  }

  /** A time in milliseconds with microseconds behind the point. */
  mixTime(ms: number): void {
    const us = Math.round(ms * 1000);
    this.mix(us | 0);
    this.mix((us / 4294967296) | 0);
  }

  get text(): string {
    return (this.a >>> 0).toString(16).padStart(8, '0') + (this.b >>> 0).toString(16).padStart(8, '0');
  }
}

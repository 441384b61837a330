// Made by scripts/boot-split when the page is built.
declare module 'virtual:tools' {
  /** Puts the second chunk's code in its places. */
  export function bringTools(): void;
}

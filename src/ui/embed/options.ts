// What the address asks for when the page stands in somebody else's: `?embed=v1&...`. Names and values are case-insensitive.
export interface EmbedOptions {
  readonly version: 'v1';
  readonly player: boolean;
  readonly editor: boolean;
  readonly caption: boolean;
  /** `view`: begins when scrolled into view; `tap`: waits for a tap; `now`: at once. */
  readonly start: 'view' | 'tap' | 'now';
}

function parseEmbed(search: string): EmbedOptions | undefined {
  const query = new Map([...new URLSearchParams(search)].map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]));
  if (!query.has('embed')) return undefined;
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = query.get(name);
    return value === undefined ? otherwise : value !== '0' && value !== 'false' && value !== 'no';
  };
  const start = query.get('start');
  return { version: 'v1', player: flag('player', true), editor: flag('editor', false), caption: flag('caption', true), start: start === 'tap' || start === 'now' ? start : 'view' };
}

export const embedOptions = parseEmbed(location.search);

import { describe, expect, it } from 'vitest';
import { readServeFlags } from './serve-flags.ts';

describe('the flags of serve', () => {
  it('have defaults', () => {
    expect(readServeFlags([])).toEqual({ preset: 'default', host: '127.0.0.1', port: 6443, speed: 1, seed: 1 });
  });

  it('say what is spoken', () => {
    expect(readServeFlags(['--http', '--port', '0'])).toMatchObject({ port: 0, httpPort: 0 });
    expect(readServeFlags(['--no-https', '--http', '8080'])).toMatchObject({ port: undefined, httpPort: 8080 });
    expect(readServeFlags(['--help'])).toBe('help');
  });

  it.each([
    [['--preset', 'huge'], 'there is no preset "huge"'],
    [['--preset', 'bare'], 'machines without a cluster'],
    [['--port', 'x'], '--port must be a whole number from 0 to 65535, not "x"'],
    [['--port', '70000'], '--port must be'],
    [['--speed', '0'], '--speed must be'],
    [['--nodes', '1.5'], '--nodes must be a whole number'],
    [['--seed', ''], '--seed must be'],
    [['--host', 'example.com'], '--host must be an address'],
    [['--host', '0.0.0.0', '--http'], 'anyone on the network would be the administrator'],
    [['--no-https'], 'nothing to serve'],
    [['--what'], "Unknown option '--what'"],
    [['stray'], 'stray'],
    [['--state', ''], '--state must name a file'],
  ])('%j is refused', (args, message) => {
    expect(() => readServeFlags(args)).toThrow(message);
  });
});

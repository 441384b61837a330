import { describe, expect, it } from 'vitest';
import { ApiError } from '../../client/api-error.ts';
import { explainError } from './errors.ts';
import { FlagError, flag, parseFlags } from './flags.ts';
import { matchResource } from './discovery.ts';
import type { Mapping } from './discovery.ts';
import { locate } from './run.ts';
import { suggestionsFor } from './suggest.ts';
import { rootCommand } from './commands/root.ts';
import { completionTree } from './completion.ts';
import { unifiedDiff } from './commands/diff.ts';

const specs = [flag.string('output', '', { short: 'o' }), flag.int('replicas', ''), flag.bool('all', '', { short: 'A' }), flag.strings('from', '')];

describe('flags', () => {
  it('reads long, short and joined ones, and what stands behind --', () => {
    const flags = parseFlags(specs, ['a', '-oyaml', '--replicas=3', '-A', '--from', 'x,y', 'b', '--', '-c']);
    expect([flags.string('output'), flags.int('replicas'), flags.bool('all'), flags.list('from'), flags.args, flags.argsBeforeDash]).toEqual(['yaml', 3, true, ['x', 'y'], ['a', 'b', '-c'], 2]);
  });
  it.each([
    [['--foo'], 'unknown flag: --foo'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-o'], "flag needs an argument: 'o' in -o"],
    [['--replicas=abc'], 'invalid argument "abc" for "--replicas" flag: strconv.ParseInt: parsing "abc": invalid syntax'],
    [['-A=x'], 'invalid argument "x" for "-A, --all" flag: strconv.ParseBool: parsing "x": invalid syntax'],
  ])('refuses %j', (words, message) => {
    expect(() => parseFlags(specs, words)).toThrow(new FlagError(message));
  });
});

describe('commands', () => {
  it('are found behind global flags', () => {
    expect(locate(['-n', 'x', 'rollout', '--context=y', 'status', 'deploy/web'])).toMatchObject({ path: 'kubectl rollout status', rest: ['-n', 'x', '--context=y', 'deploy/web'] });
  });
  it('are suggested', () => {
    expect(suggestionsFor('gett', rootCommand.commands ?? [])).toContain('get');
    expect(suggestionsFor('frobnicate', rootCommand.commands ?? [])).toEqual([]);
  });
  it('are all in the completion tree', () => {
    expect(completionTree().words.map((each) => each.word)).toContain('describe');
  });
});

describe('refusals', () => {
  const invalid = (causes: object[]) => new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Invalid', message: 'm', code: 422, details: { kind: 'Pod', name: 'x', causes: causes as never } });
  it.each([
    [invalid([{ field: 'spec', message: 'Required value' }]), 'The Pod "x" is invalid: spec: Required value'],
    [invalid([{ field: 'a', message: '1' }, { field: 'b', message: '2' }]), 'The Pod "x" is invalid: \n* a: 1\n* b: 2'],
    [new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'NotFound', message: 'pods "x" not found', code: 404 }), 'Error from server (NotFound): pods "x" not found'],
    [Object.assign(new Error('Get "https://1.2.3.4:6443/api": dial tcp 1.2.3.4:6443: connect: connection refused'), { code: 'ECONNREFUSED' }), 'The connection to the server 1.2.3.4:6443 was refused - did you specify the right host or port?'],
    [Object.assign(new Error('Get "https://1.2.3.4:6443/api": dial tcp 1.2.3.4:6443: i/o timeout'), { code: 'ETIMEDOUT' }), 'Unable to connect to the server: dial tcp 1.2.3.4:6443: i/o timeout'],
  ])('%#', (error, text) => {
    expect(explainError(error)).toEqual({ text, code: 1 });
  });
});

describe('resources', () => {
  const mapping = (group: string, resource: string, kind: string, shortNames: string[] = []): Mapping => ({ group, version: 'v1', resource, kind, singular: kind.toLowerCase(), namespaced: true, shortNames, categories: [], verbs: [], subresources: [] });
  const all = [mapping('', 'pods', 'Pod', ['po']), mapping('', 'events', 'Event', ['ev']), mapping('apps', 'deployments', 'Deployment', ['deploy']), mapping('events.k8s.io', 'events', 'Event', ['ev'])];
  it.each([
    ['po', 'Pod', ''],
    ['Deployment', 'Deployment', 'apps'],
    ['deployments.apps', 'Deployment', 'apps'],
    ['deployments.v1.apps', 'Deployment', 'apps'],
    ['events', 'Event', ''],
    ['events.events.k8s.io', 'Event', 'events.k8s.io'],
  ])('%s', (argument, kind, group) => {
    expect(matchResource(all, argument)).toMatchObject({ kind, group });
  });
  it('are not invented', () => expect(matchResource(all, 'nothing')).toBeUndefined());
});

describe('diff', () => {
  it('shows changed lines with three of context', () => {
    expect(unifiedDiff('a', 'b', '1\n2\n3\n4\n5\n6\n', '1\n2\n3\n4\nx\n6\n')).toBe('--- a\n+++ b\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+x\n 6\n');
  });
});

// The tree of a shell script: words with quotes and substitutions, redirections, pipelines, lists, compound commands.

export type WordPart =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly type: 'variable'; readonly name: string; readonly operator: string; readonly argument: Word | undefined; readonly quoted: boolean }
  | { readonly type: 'command'; readonly script: List; readonly quoted: boolean }
  | { readonly type: 'arithmetic'; readonly expression: string; readonly quoted: boolean };
export type Word = readonly WordPart[];

export interface Redirect {
  readonly fd: number;
  readonly operator: '<' | '>' | '>>' | '>&' | '<<<' | '<<';
  readonly target: Word;
}

export type Command =
  | { readonly type: 'simple'; readonly assignments: readonly { readonly name: string; readonly value: Word }[]; readonly words: readonly Word[]; readonly redirects: readonly Redirect[] }
  | { readonly type: 'if'; readonly branches: readonly { readonly condition: List; readonly body: List }[]; readonly otherwise: List | undefined; readonly redirects: readonly Redirect[] }
  | { readonly type: 'for'; readonly name: string; readonly words: readonly Word[] | undefined; readonly body: List; readonly redirects: readonly Redirect[] }
  | { readonly type: 'while'; readonly until: boolean; readonly condition: List; readonly body: List; readonly redirects: readonly Redirect[] }
  | { readonly type: 'case'; readonly word: Word; readonly branches: readonly { readonly patterns: readonly Word[]; readonly body: List }[]; readonly redirects: readonly Redirect[] }
  | { readonly type: 'group' | 'subshell'; readonly body: List; readonly redirects: readonly Redirect[] }
  | { readonly type: 'function'; readonly name: string; readonly body: Command; readonly redirects: readonly Redirect[] };

export interface Pipeline {
  readonly negated: boolean;
  readonly commands: readonly Command[];
}
export interface ListItem {
  readonly pipelines: readonly { readonly join: '&&' | '||' | ''; readonly pipeline: Pipeline }[];
  readonly background: boolean;
  /** As typed, for `jobs`. */
  readonly text: string;
}
export type List = readonly ListItem[];

export class ShellSyntaxError extends Error {
  /** More lines would complete it. */
  readonly incomplete: boolean;
  constructor(message: string, incomplete = false) {
    super(message);
    this.incomplete = incomplete;
  }
}

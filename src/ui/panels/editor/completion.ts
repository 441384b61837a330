// Field names and values as the API's structure knows them, offered while typing.
import type { monaco as Monaco } from './monaco.ts';
import { session } from '../../store/session-client.ts';

interface Offer {
  readonly label: string;
  readonly insert: string;
  readonly detail?: string;
  readonly documentation?: string;
}

export function registerCompletion(monaco: typeof Monaco): { dispose(): void } {
  return monaco.languages.registerCompletionItemProvider('yaml', {
    triggerCharacters: ['\n', ' ', ':', '-'],
    async provideCompletionItems(model, position) {
      const word = model.getWordUntilPosition(position);
      const range = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber, startColumn: word.startColumn, endColumn: word.endColumn };
      const answer = await session.query<readonly Offer[] | undefined>({ query: 'complete-yaml', text: model.getValue(), line: position.lineNumber, column: position.column });
      return {
        suggestions: (answer ?? []).map((offer, index) => ({
          label: offer.label,
          kind: monaco.languages.CompletionItemKind.Field,
          insertText: offer.insert,
          range,
          sortText: String(index).padStart(4, '0'),
          ...(offer.detail === undefined ? {} : { detail: offer.detail }),
          ...(offer.documentation === undefined ? {} : { documentation: offer.documentation }),
        })),
      };
    },
  });
}

// Which field of an API object a number in a protobuf message means. The numbers are facts of the published .proto files (v1.36); names and types are
// those of `api/meta/structure.ts`, so the tables say nothing but the order.
import { accessMessages } from './access-messages.ts';
import { coreMessages } from './core-messages.ts';
import { extensionMessages } from './extension-messages.ts';
import { infrastructureMessages } from './infrastructure-messages.ts';
import { workloadMessages } from './workload-messages.ts';

/**
 * By package (`apps.v1`), a line for each message: its name and its fields' names in JSON, in the order of their numbers. They count from one; `name=7` goes on
 * from seven. `+Message` is a struct that Go embeds: a message of its own here, while in JSON its fields stand beside the others.
 */
export type MessageTexts = Readonly<Record<string, string>>;

export interface MessageField {
  readonly name: string;
  /** `name` is the message whose fields stand beside the others. */
  readonly embedded: boolean;
}
export type MessageFields = ReadonlyMap<number, MessageField>;

const packages: MessageTexts = { ...coreMessages, ...workloadMessages, ...accessMessages, ...extensionMessages, ...infrastructureMessages };
let texts: Map<string, readonly string[]> | undefined;
const messages = new Map<string, MessageFields>();

/** All that there are, by name: `apps.v1.Deployment`. */
export function messageTexts(): ReadonlyMap<string, readonly string[]> {
  texts ??= new Map(
    Object.entries(packages).flatMap(([home, lines]) =>
      lines.trim().split('\n').map((line): [string, readonly string[]] => {
        const [name, ...fields] = line.split(' ');
        return [`${home}.${name}`, fields];
      }),
    ),
  );
  return texts;
}

export function fieldsOfMessage(name: string): MessageFields | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const words = messageTexts().get(name);
  if (words === undefined) return undefined;
  const home = name.slice(0, name.lastIndexOf('.'));
  const fields = new Map<number, MessageField>();
  let number = 0;
  for (const word of words) {
    const [text = '', said] = word.split('=');
    number = said === undefined ? number + 1 : Number(said);
    fields.set(number, text.startsWith('+') ? { name: `${home}.${text.slice(1)}`, embedded: true } : { name: text, embedded: false });
  }
  messages.set(name, fields);
  return fields;
}

// JSON text from outside, as Go's decoder reads it: what nests too deeply is refused, so that nothing behind it runs out of stack.
import { jsonProblem } from './json-problem.ts';

/** encoding/json stops at 10,000; what walks these values here is recursive, and nothing that is meant seriously nests as deeply as this. */
const maxDepth = 1000;

/** Throws a SyntaxError with the words of Go's parser, or an Error "exceeded max depth". */
export function parseJson(text: string, reviver?: (name: string, value: unknown) => unknown): unknown {
  if (text.length > maxDepth && depthOf(text) > maxDepth) throw new Error('exceeded max depth');
  try {
    return JSON.parse(text, reviver) as unknown;
  } catch (error) {
    throw new SyntaxError(jsonProblem(text) || (error as Error).message);
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (quoted) {
      if (letter === 0x5c) at++;
      else if (letter === 0x22) quoted = false;
    } else if (letter === 0x22) quoted = true;
    else if (letter === 0x7b || letter === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (letter === 0x7d || letter === 0x5d) depth--;
  }
  return deepest;
}

// An error that is an everyday answer (a refusal, a conflict, a lost connection), not a mistake of the code: it carries no stack, since collecting one
// costs more than all the rest of it.
export class PlainError extends Error {
  constructor(message?: string) {
    const engine = Error as { stackTraceLimit?: number };
    const limit = engine.stackTraceLimit;
    engine.stackTraceLimit = 0;
    super(message);
    if (limit !== undefined) engine.stackTraceLimit = limit;
  }
}

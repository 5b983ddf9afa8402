/**
 * Laws of what farmlab does not build yet: they have no property, and need none so far. `farmlab laws --check` asks for one of every other
 * law; one that gets its first property leaves this list.
 */
export interface LawToCome {
  readonly law: string;
  /** What there is to be built before it can be judged. */
  readonly because: string;
}

export const lawsToCome: readonly LawToCome[] = [];

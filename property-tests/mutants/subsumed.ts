/** Laws that are no mutant's only killer, each with the law that sees whatever it sees, and why. */

export interface Subsumption {
  readonly law: string;
  readonly by: string;
  readonly because: string;
}

export const subsumed: readonly Subsumption[] = [];

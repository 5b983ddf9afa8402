/** The known word nearest to a mistyped one. */

/** Edits that turn one word into the other: insert, delete, replace, swap neighbours (optimal string alignment). */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let best = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1] && row > 1 && column > 1) {
        best = Math.min(best, beforeLast[column - 2]! + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length]!;
}

/** The nearest known word, when it is near enough to be meant: within 2 edits, or a third of the word's length. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 60) return undefined;
  const wanted = word.toLowerCase().replaceAll("_", "-");
  const bound = Math.max(2, Math.floor(wanted.length / 3));
  let found: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) > bound) continue;
    const distance = editDistance(wanted, candidate);
    if (distance <= bound && distance < candidate.length && distance < (found?.distance ?? Infinity)) found = { word: candidate, distance };
  }
  return found?.word;
}

const listLimit = 12;

/** A hint for a word that is not among the known ones: the nearest, or what there is. */
export function nearestHint(word: string, known: readonly string[], whatTheyAre: string): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return `there are no ${whatTheyAre}`;
  const more = known.length > listLimit ? `, and ${known.length - listLimit} more` : "";
  return `known ${whatTheyAre}: ${known.slice(0, listLimit).join(", ")}${more}`;
}

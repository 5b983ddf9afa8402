/** How large sketches are, as shrinking sees it. */

/** Entries of lists count most, then the numbers themselves. */
export function sketchSize(value: unknown): number {
  if (typeof value === "number") return value;
  const inside =
    typeof value === "object" && value !== null ? Object.values(value).reduce((sum: number, one) => sum + sketchSize(one), 0) : 0;
  return inside + (Array.isArray(value) ? 1_000_000 * value.length : 0);
}

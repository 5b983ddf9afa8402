/** A part of a run. Together all parts are the whole, and none has what another has. */

export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** The part's items, in their order: every `count`th, so that each part has some of every kind. */
export const partOf = <Item>(items: readonly Item[], shard: Shard | undefined): readonly Item[] =>
  shard === undefined ? items : items.filter((_, index) => isInPart(index, shard));

/** Whether the item at a position (from 0) is the part's. */
export const isInPart = (position: number, { index, count }: Shard): boolean => position % count === index - 1;

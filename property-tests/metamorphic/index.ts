/**
 * Laws that need no oracle (XC-4): a farm changed in a way that must not matter has the verdict that it had. Each relation is a pure
 * transformation of a farm's document with what it needs to hold, and what became of names. Runs no lab: who has verdicts of two compares them.
 */
export type { Applied, Relation } from "./relation.ts";
export { relations } from "./relations.ts";
export { checkRelation } from "./check-relation.ts";
export type { Checked } from "./check-relation.ts";

/** The result of a run and the reporters that tell it: console, json, junit. Judges nothing. */
export type * from "./result.ts";

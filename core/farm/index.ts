/** The farm file: schema, loading with line and column, normalising. Says nothing of how a farm is run. */
export type * from "./farm.ts";

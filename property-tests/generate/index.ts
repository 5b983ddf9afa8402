/**
 * Generators: farms over all that the farm file can say, biased to the edges at which real networks broke. A farm is generated as a sketch of
 * small whole numbers (`sketch.ts`) and written out as a document. Everything follows from a seed. Nothing here runs or judges a farm.
 */
export * from "./arbitraries.ts";
export * from "./document.ts";
export * from "./sketch.ts";
